// SPDX-License-Identifier: Apache-2.0
// Bodies: requests of puts made and hashed beforehand, so that nothing but sending is left to do
// under load. Shared by all threads; constant once made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/random.h"

namespace fors::load {

struct Body {
    std::string json;
    std::string hash;  // hexadecimal SHA-256, as signatures want it
    uint32_t records = 1;
    uint32_t user_records = 1;  // those within aggregated records counted one by one
    uint64_t bytes = 0;         // of the records' data
};

struct Shape {
    std::string stream;
    uint32_t size = 1024;         // bytes of a (user) record's data
    uint32_t records = 1;         // of a batch, or within an aggregated record
    uint32_t partition_keys = 0;  // 0: as many as fit, up to partition_keys_usual
    bool aggregated = false;
    bool batched = false;
};

inline constexpr uint32_t partition_keys_usual = 500;

// Key number `n`: "key-17"; longer than its digits, so that keys look like keys.
std::string partition_key(uint64_t n);

// KPL's aggregation: all of them under one key, since a reader drops what is not of its shard.
std::string aggregate(std::string_view key, const std::vector<std::string>& data);

// As many as hold each partition key once, a few hundred at least, at most about 64 MiB of them:
// Code::invalid_argument when the keys do not fit in.
Result<std::vector<Body>> make_bodies(const Shape& shape, env::Random& random);

}  // namespace fors::load
