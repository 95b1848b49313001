// SPDX-License-Identifier: Apache-2.0
// On-demand capacity (reference, section 4.10): how many shards a stream's traffic asks for, and
// which are split or merged to get there.
//
// A stream has room for twice its highest minute of the last 30 days, four shards at least. A shard
// that carries more than half of what a shard may is split evenly at once, wherever the total
// stands. What is more than needed is merged again, coldest neighbours first.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "log/log.h"
#include "streams/catalog.h"

namespace fors::streams {

inline constexpr int64_t scaling_interval_ms = 60'000;

// What was put into a shard within an interval.
struct Traffic {
    double bytes = 0;
    double records = 0;
};
using TrafficTable = std::unordered_map<log::ShardId, Traffic>;

struct ScalingPlan {
    int32_t demand = 0;  // shards that this interval's traffic asks for
    std::vector<uint32_t> splits;
    std::vector<std::pair<uint32_t, uint32_t>> merges;
};

// The plan for a stream after an interval.
ScalingPlan plan_scaling(const Stream& stream, const TrafficTable& traffic, int64_t now_ms);

// The shards that the last 30 days ask for.
int32_t wanted_shards(const Stream& stream, int64_t now_ms);

}  // namespace fors::streams
