// SPDX-License-Identifier: Apache-2.0
// For tests and fuzz targets: the service with the services it needs, in virtual time, asked in
// straight lines.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "journal/test_home.h"
#include "kms/kms.h"
#include "metrics/metrics.h"
#include "streams/streams.h"

namespace fors::streams {

using namespace std::chrono_literals;

class TestStreams : public journal::TestHome {
public:
    explicit TestStreams(Options options = {.limits = false}) {
        keys = std::make_unique<kms::Kms>(env(), log());
        FORS_ASSERT(run<Result<>>([&] { return keys->open(); }));
        FORS_ASSERT(run<Result<>>([&] { return keys->unseal(core::AesKey{}); }));
        service = std::make_unique<Streams>(env(), log(), *keys, metrics, options);
        FORS_ASSERT(run<Result<>>([&] { return service->open(); }));
    }
    // What is under way comes to its end.
    ~TestStreams() {
        service->stop();
        keys->stop();
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

    auth::Caller caller{.account = std::string(auth::default_account), .region = "us-east-1"};
    std::optional<int64_t> frozen_ms;  // the wall time of all requests, when it may not pass

private:
    Arena arena_;

public:
    metrics::Metrics metrics{env(), log()};
    std::unique_ptr<kms::Kms> keys;
    std::unique_ptr<Streams> service;
    Streams::Context context{.arena = arena_, .caller = caller, .now_ms = 0};
};

}  // namespace fors::streams
