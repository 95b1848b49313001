// SPDX-License-Identifier: Apache-2.0
// Upkeep: work on the files beside the serving, asked for by administrators: verifying. One of a
// kind at a time; the pages start it and tell how far it is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/administration.h"
#include "core/meter.h"
#include "env/env.h"
#include "journal/journal.h"
#include "journal/verify.h"
#include "throttled_pace.h"

namespace fors {

class Upkeep {
public:
    // `apart`: a thread for nothing else; all calls on `home`. The references outlive it.
    Upkeep(env::Clock& clock, env::Disk& disk, env::Executor& home, env::Executor& apart,
           journal::Journal& journal, core::Meter& meter);

    std::vector<core::AdminPage> pages();
    void stop();

private:
    // Something that goes on for long, or has ended.
    struct Job {
        int64_t started_ms = 0;
        std::optional<int64_t> ended_ms;
        std::optional<Error> error;
        uint64_t bytes_total = 0;
        journal::Verified found;
        std::unique_ptr<ThrottledPace> pace;
        bool running() const { return pace && !ended_ms; }
    };

    http::Response verify(std::string_view method, std::string_view body);
    http::Response verify_status() const;
    env::Task<void> run_verify();
    void begin(Job& job, uint64_t mib_per_second);
    void end(Job& job, Result<journal::Verified> outcome);

    env::Clock& clock_;
    env::Disk& disk_;
    env::Executor& home_;
    env::Executor& apart_;
    journal::Journal& journal_;
    Job verify_;
};

}  // namespace fors
