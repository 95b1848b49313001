// SPDX-License-Identifier: Apache-2.0
// The stream's administrator: creates it, and never leaves its shards alone.
#include <gtest/gtest.h>

#include "actors.h"
#include "shard_map.h"

namespace fors::test {

namespace {

constexpr size_t open_shards_max = 6;

// Operation and body.
using Call = std::pair<std::string, std::string>;

Call some_change(Scene& scene, std::vector<ListedShard> open) {
    std::ranges::sort(open, {}, &ListedShard::first);
    const auto draw = scene.below(10);
    if (draw == 0)
        return {"UpdateShardCount",
                R"({"StreamName":"s","ScalingType":"UNIFORM_SCALING","TargetShardCount":)" +
                    std::to_string(1 + scene.below(open_shards_max)) + "}"};
    const size_t at = scene.below(open.size());
    const ListedShard& shard = open[at];
    if (open.size() == 1 || (open.size() < open_shards_max && draw < 6)) {
        const uint64_t half = (shard.last.high - shard.first.high) / 2;
        const HashKey middle{shard.first.high + half, 1};
        return {"SplitShard", R"({"StreamName":"s","ShardToSplit":")" + shard.id +
                                  R"(","NewStartingHashKey":")" + to_decimal(middle) + R"("})"};
    }
    const ListedShard& next = open[at + 1 < open.size() ? at + 1 : at - 1];
    return {"MergeShards", R"({"StreamName":"s","ShardToMerge":")" + shard.id +
                               R"(","AdjacentShardToMerge":")" + next.id + R"("})"};
}

// On demand, the service makes the shards; what it is to have ready is ours to say.
Call some_warmth(Scene& scene) {
    if (scene.chance(0.2))
        return {"UpdateAccountSettings",
                R"({"MinimumThroughputBillingCommitment":{"Status":"ENABLED"}})"};
    return {"UpdateStreamWarmThroughput",
            R"({"StreamName":"s","WarmThroughputMiBps":)" + std::to_string(scene.below(10)) + "}"};
}

// A day, or two.
Call some_retention(Scene& scene) {
    const bool raise = scene.chance(0.5);
    if (raise) scene.history.retention_raised();
    return {
        raise ? "IncreaseStreamRetentionPeriod" : "DecreaseStreamRetentionPeriod",
        R"({"StreamName":"s","RetentionPeriodHours":)" + std::string(raise ? "48" : "24") + "}"};
}

}  // namespace

env::Task<void> create_stream(Scene& scene, SimulatedClient& client) {
    const std::string how = scene.scenario.on_demand
                                ? R"("StreamModeDetails":{"StreamMode":"ON_DEMAND"})"
                                : R"("ShardCount":2)";
    for (bool active = false; !active;) {
        (void)co_await client.call("CreateStream", R"({"StreamName":"s",)" + how + "}");
        auto answer = co_await client.call("DescribeStreamSummary", R"({"StreamName":"s"})");
        active = answer && answer->status == 200 && answer->body.contains("\"ACTIVE\"");
    }
}

env::Task<void> reshape(Scene& scene, SimulatedClient& client) {
    const Part part(scene.changing);
    while (!scene.quiet) {
        co_await scene.think(std::chrono::milliseconds(60));
        auto answer = co_await client.call(
            "ListShards", R"({"StreamName":"s","ShardFilter":{"Type":"AT_LATEST"}})");
        if (!answer || answer->status != 200) continue;
        const auto open = listed_shards(answer->body);
        scene.history.tiled(tile_the_space(open));
        for (const ListedShard& shard : open) scene.know(shard.id);
        if (open.empty()) continue;
        Call change = scene.scenario.on_demand ? some_warmth(scene) : some_change(scene, open);
        if (scene.scenario.aged && scene.chance(0.2)) change = some_retention(scene);
        (void)co_await client.call(change.first, change.second);
    }
}

}  // namespace fors::test
