// SPDX-License-Identifier: Apache-2.0
// Per-shard throughput limits (reference, sections 4.8 and 4.9), every number of them in this file.
#pragma once

#include <unordered_map>

#include "log/log.h"
#include "streams/token_bucket.h"

namespace fors::streams {

inline constexpr double write_bytes_per_second = 1 << 20;
inline constexpr double write_records_per_second = 1000;
inline constexpr double read_bytes_per_second = 2 << 20;
inline constexpr double read_calls_per_second = 5;
inline constexpr double iterator_calls_per_second = 5;
inline constexpr double consumer_bytes_per_second = 2 << 20;  // of a consumer and shard
inline constexpr double subscribe_calls_per_second = 1;       // of a consumer and shard
inline constexpr int64_t takeover_ms = 5000;  // so long a subscription can't be taken over
inline constexpr int64_t shards_per_account_max = 20'000;
inline constexpr int64_t on_demand_streams_max = 50;
inline constexpr size_t batch_bytes_max = 10 << 20;    // PutRecords, and a GetRecords reply
inline constexpr int64_t token_lifetime_ms = 300'000;  // iterators and pagination tokens
inline constexpr int32_t retention_hours_min = 24;
inline constexpr int32_t retention_hours_max = 8760;

struct Throttle {
    TokenBucket write_bytes{write_bytes_per_second, write_bytes_per_second};
    TokenBucket write_records{write_records_per_second, write_records_per_second};
    TokenBucket read_bytes{read_bytes_per_second, read_bytes_per_second};
    TokenBucket read_calls{read_calls_per_second, read_calls_per_second};
    TokenBucket iterator_calls{iterator_calls_per_second, iterator_calls_per_second};
};

// The throttles of shards in use, made when first touched.
class ThrottleTable {
public:
    Throttle& of(log::ShardId shard) { return throttles_[shard]; }
    void forget(log::ShardId shard) { throttles_.erase(shard); }

private:
    std::unordered_map<log::ShardId, Throttle> throttles_;
};

}  // namespace fors::streams
