// SPDX-License-Identifier: Apache-2.0
// Tally: what a worker saw since it last reported; plain values that are added up.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "load/histogram.h"

namespace fors::load {

// What went wrong of one kind, with the text of the last one.
struct Trouble {
    uint64_t count = 0;
    std::string text;
};

struct Tally {
    uint64_t requests = 0;      // answered, or known to have failed
    uint64_t succeeded = 0;     // of them: answered 200
    uint64_t records = 0;       // acknowledged, read, or heard
    uint64_t user_records = 0;  // those in aggregated records counted one by one
    uint64_t bytes = 0;         // of the records' data
    uint64_t throttled = 0;     // entries of puts, or whole requests of reads
    uint64_t failed = 0;        // the same, for any other reason
    int64_t behind_ms_max = 0;  // of reads: what the server said
    Histogram latency;          // from when a request was due to its answer
    Histogram service;          // from when it was sent
    std::map<std::string, Trouble> troubles;
    std::string_view protocol;  // a literal: what the answers came over

    void trouble(std::string_view kind, std::string_view text, uint64_t count = 1) {
        Trouble& known = troubles[std::string(kind)];
        known.count += count;
        if (!text.empty()) known.text = text;
    }

    void add(const Tally& other) {
        requests += other.requests;
        succeeded += other.succeeded;
        records += other.records;
        user_records += other.user_records;
        bytes += other.bytes;
        throttled += other.throttled;
        failed += other.failed;
        behind_ms_max = std::max(behind_ms_max, other.behind_ms_max);
        if (!other.protocol.empty()) protocol = other.protocol;
        latency.add(other.latency);
        service.add(other.service);
        for (const auto& [kind, each] : other.troubles) trouble(kind, each.text, each.count);
    }
};

// Before the figures count, while they do, and what is answered afterwards.
enum class Phase : uint8_t { warm_up, measured, after };

struct Report {
    Phase phase;
    Tally tally;
    nanoseconds measured;  // how long figures have counted by now
};

}  // namespace fors::load
