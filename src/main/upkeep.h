// SPDX-License-Identifier: Apache-2.0
// Upkeep: work on the files beside the serving, asked for by administrators: verifying, backing up.
// One of a kind at a time; the pages start it and tell how far it is.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/administration.h"
#include "core/aes_gcm.h"
#include "core/meter.h"
#include "env/env.h"
#include "journal/journal.h"
#include "journal/manifest.h"
#include "journal/verify.h"
#include "throttled_pace.h"

namespace fors {

class Upkeep {
public:
    struct Parts {
        env::Clock& clock;
        env::Disk& disk;
        std::string directory;  // which it is; empty: none
        env::Executor& home;
        env::Executor& apart;  // a thread for nothing else
        journal::Journal& journal;
        core::AesKey root_key;  // in use
    };
    // All calls on `home`. The references outlive it.
    Upkeep(Parts parts, core::Meter& meter);

    std::vector<core::AdminPage> pages();
    // Ends what goes on, and at once what is begun from now on.
    void stop();
    // After stop(), when no request comes any more: nothing goes on then.
    env::Task<void> ended();

private:
    // Something that goes on for long, or has ended.
    struct Job {
        int64_t started_ms = 0;
        std::optional<int64_t> ended_ms;
        std::optional<Error> error;
        std::string directory;  // of a backup
        uint64_t bytes_total = 0;
        journal::Verified found;
        std::unique_ptr<ThrottledPace> pace;
        env::Completion<bool> over;
        bool running() const { return pace && !ended_ms; }
    };

    http::Response verify(std::string_view method, std::string_view body);
    http::Response backup(std::string_view method, std::string_view body);
    env::Task<void> run_verify();
    env::Task<void> run_backup(bool with_root_key);
    env::Task<Result<journal::Verified>> make_backup(bool with_root_key);
    Result<journal::Manifest::File> copy_key_in_use(env::Disk& to) const;
    static http::Response status_of(const Job& job);
    void begin(Job& job, uint64_t mib_per_second);
    void end(Job& job, Result<journal::Verified> outcome);

    Parts parts_;
    Job verify_;
    Job backup_;
    bool stopping_ = false;
    // When the last ones that came to their end did so, and what that verification found.
    int64_t verified_ms_ = 0;
    uint64_t damages_ = 0;
    int64_t backed_up_ms_ = 0;
};

}  // namespace fors
