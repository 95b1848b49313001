// SPDX-License-Identifier: Apache-2.0
// The state of per-shard throughput limits (limits.h).
#pragma once

#include <unordered_map>

#include "log/log.h"
#include "streams/limits.h"
#include "streams/token_bucket.h"

namespace fors::streams {

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
