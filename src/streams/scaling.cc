// SPDX-License-Identifier: Apache-2.0
// The scaler of on-demand streams: once a minute it looks at what was put, and splits and merges.
#include <chrono>

#include "streams/on_demand.h"
#include "streams/streams.h"

namespace fors::streams {

void Streams::schedule_scaling() {
    if (stopping_) return;
    scaling_timer_ = env_.executor.after(std::chrono::milliseconds(scaling_interval_ms),
                                         [this] { env::spawn(scale_all()); });
}

env::Task<void> Streams::scale_all() {
    const TrafficTable traffic = std::exchange(traffic_, {});
    std::vector<uint64_t> due;  // listed first: the catalog may change on the way
    for (const Stream* stream : catalog_.all())
        if (stream->on_demand && !stream->deleting_ms) due.push_back(stream->generation);
    for (const uint64_t generation : due) {
        if (stopping_) co_return;
        auto scaling = scale(generation, traffic);
        co_await std::move(scaling);
    }
    schedule_scaling();
}

// To what the stream is to have ready, without waiting for the next minute; each round at most
// doubles it.
env::Task<void> Streams::warm_up(uint64_t generation) {
    for (size_t before = 0;;) {
        const Stream* stream = catalog_.find(generation);
        if (!stream || stopping_ || stream->open.size() == before) co_return;
        before = stream->open.size();
        const int64_t now_ms = env_.clock.wall_ms();
        ScalingPlan plan = plan_scaling(*stream, {}, now_ms);
        if (plan.splits.empty()) co_return;
        auto splitting = carry_out(generation, std::move(plan), now_ms);
        co_await std::move(splitting);
    }
}

env::Task<void> Streams::scale(uint64_t generation, const TrafficTable& traffic) {
    const Stream* stream = scalable(generation);
    if (!stream) co_return;
    const int64_t now_ms = env_.clock.wall_ms();
    ScalingPlan plan = plan_scaling(*stream, traffic, now_ms);
    if (plan.demand > on_demand_shards_min && plan.demand > demand_today(*stream, now_ms)) {
        auto noted = co_await control_.submit(demand_command(generation, plan.demand, now_ms));
        if (!noted) co_return;
    }
    auto scaling = carry_out(generation, std::move(plan), now_ms);
    co_await std::move(scaling);
}

// Its owner may take it over, or delete it, between any two steps.
const Stream* Streams::scalable(uint64_t generation) const {
    const Stream* stream = catalog_.find(generation);
    return stream && stream->on_demand && !stream->deleting_ms ? stream : nullptr;
}

// Step by step, each settled before the next; a step that fails ends the round, the next minute has
// another.
env::Task<void> Streams::carry_out(uint64_t generation, ScalingPlan plan, int64_t now_ms) {
    for (const uint32_t index : plan.splits) {
        const Stream* stream = scalable(generation);
        if (!stream || stopping_) co_return;
        const Shard* shard = stream->shards.find(index);
        if (!shard) co_return;
        const HashKey middle = middle_of(shard->first_hash, shard->last_hash);
        auto split = co_await control_.submit(split_command(generation, index, middle, now_ms));
        if (!split) co_return;
        co_await finish_settling(generation);
    }
    for (const auto& [index, adjacent] : plan.merges) {
        if (!scalable(generation) || stopping_) co_return;
        auto merged = co_await control_.submit(merge_command(generation, index, adjacent, now_ms));
        if (!merged) co_return;
        co_await finish_settling(generation);
    }
}

}  // namespace fors::streams
