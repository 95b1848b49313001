// SPDX-License-Identifier: Apache-2.0
// Loads are shares of what a shard may take, in bytes or records, whichever is more.
#include "streams/on_demand.h"

#include <algorithm>
#include <cmath>

#include "streams/throttle.h"

namespace fors::streams {

namespace {

constexpr double seconds = scaling_interval_ms / 1000.0;
constexpr double headroom = 2;     // room for twice the peak
constexpr double split_at = 0.5;   // of a shard's capacity
constexpr double merge_at = 0.25;  // of two shards together: far enough from being split again

double load_of(const Traffic& traffic) {
    return std::max(traffic.bytes / (write_bytes_per_second * seconds),
                    traffic.records / (write_records_per_second * seconds));
}

double load_of(const Shard& shard, const TrafficTable& table) {
    const auto at = table.find(shard.log_id);
    return at == table.end() ? 0 : load_of(at->second);
}

bool divisible(const Shard& shard) {
    if (shard.first_hash == shard.last_hash) return false;
    const HashKey middle = middle_of(shard.first_hash, shard.last_hash);
    return successor(shard.first_hash) < middle && middle < shard.last_hash;
}

// So narrow beside the others that a single key must be what heats it: no split helps.
bool holds_a_key(const Shard& shard, size_t open) {
    constexpr uint64_t narrower_than_average = 64;
    return shard.last_hash.high - shard.first_hash.high <
           ~uint64_t{0} / (narrower_than_average * open);
}

// Those that are too hot, and the hottest of the others until there are enough.
std::vector<uint32_t> splits_of(const Stream& stream, const TrafficTable& table, int32_t wanted) {
    std::vector<std::pair<double, uint32_t>> by_load;
    for (const uint32_t index : stream.open)
        if (divisible(stream.shards[index]))
            by_load.emplace_back(-load_of(stream.shards[index], table), index);
    std::ranges::sort(by_load);
    std::vector<uint32_t> splits;
    for (const auto& [cold, index] : by_load) {
        const size_t open = stream.open.size() + splits.size();
        const bool too_few = open < static_cast<size_t>(wanted);
        if (open >= on_demand_shards_max || (-cold <= split_at && !too_few)) break;
        if (!holds_a_key(stream.shards[index], stream.open.size())) splits.push_back(index);
    }
    return splits;
}

// Neighbours that carry little together, the coldest first, none of them twice.
std::vector<std::pair<uint32_t, uint32_t>> merges_of(const Stream& stream,
                                                     const TrafficTable& table, size_t surplus) {
    std::vector<std::pair<double, size_t>> pairs;  // load; place in stream.open, with the next one
    for (size_t at = 0; at + 1 < stream.open.size(); ++at)
        pairs.emplace_back(load_of(stream.shards[stream.open[at]], table) +
                               load_of(stream.shards[stream.open[at + 1]], table),
                           at);
    std::ranges::sort(pairs);
    std::vector<bool> taken(stream.open.size());
    std::vector<std::pair<uint32_t, uint32_t>> merges;
    for (const auto& [load, at] : pairs) {
        if (merges.size() == surplus || load > merge_at) break;
        if (taken[at] || taken[at + 1]) continue;
        taken[at] = taken[at + 1] = true;
        merges.emplace_back(stream.open[at], stream.open[at + 1]);
    }
    return merges;
}

}  // namespace

int32_t wanted_shards(const Stream& stream, int64_t now_ms) {
    int32_t wanted = std::max(on_demand_shards_min, stream.warm_mibps);
    for (const Demand& demand : stream.demands)
        if (demand.day > now_ms / day_ms - demand_days) wanted = std::max(wanted, demand.shards);
    return std::min(wanted, on_demand_shards_max);
}

ScalingPlan plan_scaling(const Stream& stream, const TrafficTable& traffic, int64_t now_ms) {
    Traffic total;
    for (const uint32_t index : stream.open)
        if (const auto at = traffic.find(stream.shards[index].log_id); at != traffic.end()) {
            total.bytes += at->second.bytes;
            total.records += at->second.records;
        }
    ScalingPlan plan{.demand = static_cast<int32_t>(std::min<double>(
                         on_demand_shards_max, std::ceil(headroom * load_of(total))))};
    const int32_t wanted = std::max(plan.demand, wanted_shards(stream, now_ms));
    plan.splits = splits_of(stream, traffic, wanted);
    if (plan.splits.empty() && stream.open.size() > static_cast<size_t>(wanted))
        plan.merges = merges_of(stream, traffic, stream.open.size() - static_cast<size_t>(wanted));
    return plan;
}

}  // namespace fors::streams
