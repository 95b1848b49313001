// SPDX-License-Identifier: Apache-2.0
// For tests of services: a home thread with a journal on a disk in memory, in virtual time, asked
// in straight lines.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "journal/journal.h"
#include "sim/memory_disk.h"
#include "sim/network.h"
#include "sim/world.h"

namespace fors::journal {

using namespace std::chrono_literals;

class TestHome {
public:
    TestHome() { open_log(); }

    // The log as it is found at a start.
    void open_log() {
        auto opened = run<Result<std::unique_ptr<Journal>>>([&] {
            return Journal::open({world.clock(),
                                  disk(),
                                  executor,
                                  {&executor, &executor},
                                  executor,
                                  executor,
                                  world.random()},
                                 {.cache_bytes = 64 << 10});
        });
        FORS_ASSERT(opened);
        journal_ = std::move(*opened);
    }
    // After what is under way has come to its end.
    void close_log() {
        world.run_for(10s);
        journal_.reset();
    }

    // Starts a task on the home thread; its outcome comes as the world runs on.
    template <class T>
    std::shared_ptr<std::optional<T>> start(std::function<env::Task<T>()> make) {
        auto outcome = std::make_shared<std::optional<T>>();
        const auto keep = [](env::Task<T> from,
                             std::shared_ptr<std::optional<T>> to) -> env::Task<void> {
            to->emplace(co_await std::move(from));
        };
        executor.post([=, make = std::move(make)] { env::spawn(keep(make(), outcome)); });
        return outcome;
    }

    template <class T>
    T run(std::function<env::Task<T>()> make) {
        const auto outcome = start<T>(std::move(make));
        FORS_ASSERT(world.run_until([&] { return outcome->has_value(); }, 600s));
        return std::move(**outcome);
    }

    log::Log& log() { return *journal_; }
    env::Disk& disk() { return *disk_; }
    env::Env env() { return {world.clock(), world.random(), *network_, executor}; }

    sim::World world{1};

private:
    std::unique_ptr<env::Disk> disk_ = sim::make_memory_disk();
    sim::Process& process_ = world.make_process();

public:
    sim::Executor& executor = process_.make_executor();

private:
    sim::Network network_world_{world, {}};
    std::unique_ptr<env::Network> network_ = network_world_.view(process_, executor);
    std::unique_ptr<Journal> journal_;
};

}  // namespace fors::journal
