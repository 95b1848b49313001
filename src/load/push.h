// SPDX-License-Identifier: Apache-2.0
// Push: from a put to the event that tells of it. Each record carries the time at which it was due,
// so whoever hears it knows how long it took. One thread does all: puts and subscriptions.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "load/events.h"
#include "load/run.h"

namespace fors::load {

struct Pushing {
    std::string stream;
    std::vector<std::string> shards;
    std::vector<std::string> consumers;  // their ARNs: each hears every shard
    uint32_t size = 1024;                // of a record's data
    uint32_t partition_keys = 0;         // 0: partition_keys_usual
};

inline constexpr uint32_t pushed_bytes_min = 48;  // what a record carries

std::unique_ptr<Party> make_push(env::Env& env, const Target& target, const Signer::Scope& scope,
                                 const Pushing& pushing, const Share& share, Worker::Events events);

}  // namespace fors::load
