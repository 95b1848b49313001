// SPDX-License-Identifier: Apache-2.0
// For tests and fuzz targets: the service on a journal in memory, in virtual time, asked in
// straight lines.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/assert.h"
#include "base/bytes.h"
#include "journal/journal.h"
#include "sim/memory_disk.h"
#include "sim/network.h"
#include "sim/world.h"
#include "streams/streams.h"

namespace fors::streams {

using namespace std::chrono_literals;

class TestStreams {
public:
    explicit TestStreams(Options options = {.limits = false}) {
        auto journal = run<Result<std::unique_ptr<journal::Journal>>>([&] {
            return journal::Journal::open(
                {world.clock(), *disk_, home_, home_, home_, home_, world.random()},
                {.cache_bytes = 64 << 10});
        });
        FORS_ASSERT(journal);
        journal_ = std::move(*journal);
        service = std::make_unique<Streams>(
            env::Env{world.clock(), world.random(), *network_, home_}, *journal_, options);
        FORS_ASSERT(run<Result<>>([&] { return service->open(); }));
    }
    // What is under way comes to its end.
    ~TestStreams() {
        service->stop();
        world.run_for(10s);
    }

    // An operation's answer, good until the next one.
    template <auto operation, class In>
    auto answer(const In& in) {
        using Out = decltype((service.get()->*operation)(std::declval<Streams::Context&>(), in)
                                 .await_resume());
        arena_.reset();
        context.held.clear();
        context.now_ms = frozen_ms.value_or(world.clock().wall_ms());
        return run<Out>([&] { return (service.get()->*operation)(context, in); });
    }

    // Starts a task on the home thread; its outcome comes as the world runs on.
    template <class T>
    std::shared_ptr<std::optional<T>> start(std::function<env::Task<T>()> make) {
        auto outcome = std::make_shared<std::optional<T>>();
        const auto keep = [](env::Task<T> from,
                             std::shared_ptr<std::optional<T>> to) -> env::Task<void> {
            to->emplace(co_await std::move(from));
        };
        home_.post([=, make = std::move(make)] { env::spawn(keep(make(), outcome)); });
        return outcome;
    }

    template <class T>
    T run(std::function<env::Task<T>()> make) {
        const auto outcome = start<T>(std::move(make));
        FORS_ASSERT(world.run_until([&] { return outcome->has_value(); }, 600s));
        return std::move(**outcome);
    }

    sim::World world{1};
    auth::Caller caller{.account = std::string(auth::default_account), .region = "us-east-1"};
    std::optional<int64_t> frozen_ms;  // the wall time of all requests, when it may not pass

private:
    std::unique_ptr<env::Disk> disk_ = sim::make_memory_disk();
    sim::Process& process_ = world.make_process();
    sim::Executor& home_ = process_.make_executor();
    sim::Network network_world_{world, {}};
    std::unique_ptr<env::Network> network_ = network_world_.view(process_, home_);
    std::unique_ptr<journal::Journal> journal_;
    Arena arena_;

public:
    std::unique_ptr<Streams> service;
    Streams::Context context{.arena = arena_, .caller = caller, .now_ms = 0};
};

}  // namespace fors::streams
