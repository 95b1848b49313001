// SPDX-License-Identifier: Apache-2.0
// Retention: how long records stay, and the sweeper that gives expired ones' disk space back and
// forgets the shards that are left empty.
//
// Reads never show an expired record (get.cc); the sweeper trims the log behind them. A raised
// retention keeps what has not been trimmed yet. Reads go by the wall clock, whose mistakes pass;
// what is destroyed, by a careful one.
#include <algorithm>
#include <chrono>

#include "base/planted.h"
#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr int64_t hour_ms = 3'600'000;
constexpr size_t shards_a_turn = 1000;  // then others have their turn
constexpr env::Nanoseconds turn_pause = std::chrono::milliseconds(1);

std::optional<Error> check_hours(int32_t hours) {
    const std::string text = std::to_string(hours);
    if (hours < retention_hours_min)
        return Error{Code::invalid_argument,
                     concat("Minimum allowed retention period is 24 hours. Requested retention "
                            "period (",
                            text, " hours) is too short.")};
    if (hours > retention_hours_max)
        return Error{Code::invalid_argument,
                     concat("Maximum allowed retention period is 8760 hours. Requested retention "
                            "period (",
                            text, " hours) is too long.")};
    return std::nullopt;
}

}  // namespace

Streams::Answer<> Streams::increase_retention(Context& context, const SetRetention& in) {
    auto stream = find_active(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    if (auto fault = check_hours(*in.hours)) co_return std::unexpected(std::move(*fault));
    if (*in.hours < (*stream)->retention_hours)
        co_return fail(
            Code::invalid_argument,
            concat("Requested retention period (", std::to_string(*in.hours), " hours) for stream ",
                   (*stream)->name, " can not be shorter than existing retention period (",
                   std::to_string((*stream)->retention_hours),
                   " hours). Use DecreaseRetentionPeriod API."));
    auto changed = co_await change_retention((*stream)->generation, *in.hours);
    if (!changed) co_return std::unexpected(std::move(changed.error()));
    co_return core::Nothing{};
}

Streams::Answer<> Streams::decrease_retention(Context& context, const SetRetention& in) {
    auto stream = find_active(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    if (auto fault = check_hours(*in.hours)) co_return std::unexpected(std::move(*fault));
    if (*in.hours > (*stream)->retention_hours)
        co_return fail(
            Code::invalid_argument,
            concat("Requested retention period (", std::to_string(*in.hours), " hours) for stream ",
                   (*stream)->name, " can not be longer than existing retention period (",
                   std::to_string((*stream)->retention_hours),
                   " hours). Use IncreaseRetentionPeriod API."));
    auto changed = co_await change_retention((*stream)->generation, *in.hours);
    if (!changed) co_return std::unexpected(std::move(changed.error()));
    co_return core::Nothing{};
}

env::Task<Result<>> Streams::change_retention(uint64_t generation, int32_t hours) {
    co_return co_await control_.submit(retention_command(generation, hours));
}

void Streams::schedule_sweep() {
    if (stopping_) return;
    sweep_timer_ = env_.executor.after(std::chrono::milliseconds(options_.sweep_ms),
                                       [this] { env::spawn(sweep()); });
}

// A thousandth of the retention late at the most: to find the first record that is kept a block may
// have to be read, of each shard. At once when the retention was changed.
bool Streams::due_for_sweep(const Stream& stream, SweptStreams& swept) const {
    const int64_t now_ns = steady_ns();
    const int64_t pause_ns = stream.retention_hours * hour_ms * 1'000;
    const auto last = swept_.find(stream.generation);
    const bool due = last == swept_.end() || last->second.hours != stream.retention_hours ||
                     now_ns - last->second.at_ns >= pause_ns;
    swept[stream.generation] = due ? Swept{stream.retention_hours, now_ns} : last->second;
    return due;
}

env::Task<void> Streams::sweep() {
    struct Due {
        uint64_t generation;
        log::ShardId shard;
    };
    call_rates_.sweep(steady_ns());
    const int64_t now_ms = careful_.now_ms();
    std::vector<uint64_t> generations;
    std::vector<Due> due;  // listed first: the catalog may change while the log is asked
    SweptStreams swept;
    for (const Stream* stream : catalog_.all()) {
        generations.push_back(stream->generation);
        if (const auto told = telemetry_.find(stream->generation); told != telemetry_.end())
            told->second->forget_gone(*stream, now_ms);
        if (!due_for_sweep(*stream, swept)) continue;
        for (const Shard& shard : stream->shards) due.push_back({stream->generation, shard.log_id});
    }
    swept_ = std::move(swept);
    for (size_t at = 0; at < due.size(); ++at) {
        if (at % shards_a_turn == 0) co_await env::sleep(env_.executor, turn_pause);
        if (stopping_) co_return;
        co_await sweep_shard(due[at].generation, due[at].shard);
    }
    EmptyShards empty;
    for (const uint64_t generation : generations) {
        if (stopping_) co_return;
        co_await forget_shards(generation, empty);
    }
    empty_since_ = std::move(empty);
    schedule_sweep();
}

// What is expired when it is looked at, and still is when the log has been asked: a retention that
// was raised meanwhile keeps it.
env::Task<void> Streams::sweep_shard(uint64_t generation, log::ShardId shard) {
    const Stream* stream = catalog_.find(generation);
    const log::Bounds bounds = log_.bounds(shard);
    if (!stream || bounds.first == bounds.next) co_return;
    const int32_t hours = stream->retention_hours;
    auto alive = co_await log_.find(shard, careful_.now_ms() - hours * hour_ms);
    stream = catalog_.find(generation);
    if (!stream || stream->retention_hours > hours) co_return;
    if (alive && planted(Bug::sweeper_trims_one_too_many)) ++alive->value;
    if (alive && *alive > bounds.first) log_.trim(shard, *alive);
}

// A shard is forgotten when for an hour (Options) it has neither been listed nor held a record, so
// that who was reading it has been told of its end; and after its parents, so that a lineage has no
// holes. Time is the process's own here: no jump of the clock may shorten it. `empty`: takes those
// that are seen so.
env::Task<void> Streams::forget_shards(uint64_t generation, EmptyShards& empty) {
    const Stream* stream = catalog_.find(generation);
    if (!stream) co_return;
    const int64_t now_ms = careful_.now_ms(), now_ns = steady_ns();
    std::vector<uint32_t> gone;
    std::vector<log::ShardId> logs;
    const auto stays = [&](std::optional<uint32_t> parent) {
        return parent && stream->shards.find(*parent) && !std::ranges::binary_search(gone, *parent);
    };
    for (const Shard& shard : stream->shards) {
        const bool early = planted(Bug::closed_shard_forgotten) && shard.closed_ms;
        if (!unlisted(*stream, shard, now_ms) && !early) continue;
        const log::Bounds bounds = log_.bounds(shard.log_id);
        if (bounds.first != bounds.next && !early) continue;
        const auto known = empty_since_.find(shard.log_id);
        const int64_t since_ns = known == empty_since_.end() ? now_ns : known->second;
        empty[shard.log_id] = since_ns;
        if (now_ns - since_ns < options_.forgotten_after_ms * 1'000'000 || stays(shard.parent) ||
            stays(shard.adjacent_parent))
            continue;
        gone.push_back(shard.index);
        logs.push_back(shard.log_id);
    }
    if (gone.empty()) co_return;
    auto forgotten = co_await control_.submit(forget_command(generation, gone));
    if (!forgotten) co_return;  // the next sweep tries again
    for (const log::ShardId shard : logs) {
        log_.trim(shard, log::Sequence{~uint64_t{0}});
        throttles_.forget(shard);
    }
    wake_subscribers(generation);
    if (const Stream* now = catalog_.find(generation)) remove_seats(*now);
}

}  // namespace fors::streams
