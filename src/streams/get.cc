// SPDX-License-Identifier: Apache-2.0
// GetRecords: from a sealed position on, never an expired record, with an honest
// MillisBehindLatest.
#include <algorithm>

#include "base/planted.h"
#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr int64_t hour_ms = 3'600'000;
constexpr uint32_t records_max = 10'000;

}  // namespace

Streams::Answer<GetRecordsResult> Streams::get_records(Context& context, const GetRecords& in) {
    auto position = open_position(*in.shard_iterator);
    if (!position) co_return fail(Code::invalid_argument, "Invalid ShardIterator.");
    if (context.now_ms - position->issued_ms > token_lifetime_ms &&
        !planted(Bug::iterator_never_expires))
        co_return fail(Code::expired_iterator,
                       text_expired_iterator(position->issued_ms, context.now_ms));
    const Stream* stream = catalog_.find(position->generation);
    const Shard* found = stream ? stream->shards.find(position->shard_index) : nullptr;
    const bool foreign = position->account != context.caller.account;
    if (!found && foreign) co_return fail(Code::invalid_argument, "Invalid ShardIterator.");
    if (!found || stream->region != context.caller.region)
        co_return fail(Code::not_found, text_shard_missing(position->shard_index, position->stream,
                                                           position->account));
    if (in.stream_arn && *in.stream_arn != stream->arn())
        co_return fail(Code::invalid_argument,
                       "The StreamARN and the ShardIterator are not of the same stream.");
    if (auto fault = authorize(context, *stream); fault && !planted(Bug::iterator_serves_anybody))
        co_return std::unexpected(std::move(*fault));
    const Shard shard = *found;
    Measured<GetOutcome> measured(telemetry(*stream), env_.clock, {.shard = shard.index});
    if (options_.limits) {
        Throttle& throttle = throttles_.of(shard.log_id);
        const int64_t now_ns = steady_ns();
        if (!throttle.read_bytes.has(1, now_ns) || !throttle.read_calls.take(1, now_ns)) {
            measured.outcome.throttled = true;
            co_return fail(Code::throttled,
                           text_shard_rate(shard.index, stream->name, stream->account));
        }
    }
    if (in.dry_run.value_or(false)) {
        measured.outcome.dry = true;
        co_return fail(Code::dry_run, "Request would have succeeded, but DryRun flag is set.");
    }

    const auto limit = static_cast<uint32_t>(in.limit.value_or(records_max));
    auto batch = co_await read_unexpired(*stream, shard, {position->sequence},
                                         {.records_max = limit, .bytes_max = batch_bytes_max});
    if (!batch) co_return std::unexpected(std::move(batch.error()));
    auto opened = open_records(context.caller, position->generation, shard.log_id, *batch);
    if (!opened) co_return std::unexpected(std::move(opened.error()));

    GetRecordsResult result;
    const size_t bytes = append_records(*batch, shard, context.arena, result.records);
    context.held = std::move(batch->buffers);
    if (options_.limits)
        throttles_.of(shard.log_id).read_bytes.charge(static_cast<double>(bytes), steady_ns());

    const uint64_t early = planted(Bug::end_told_one_record_early) ? 1 : 0;
    const bool at_tip = batch->next.value + early >= log_.bounds(shard.log_id).next.value;
    if (!at_tip && !batch->records.empty())
        result.millis_behind_latest =
            std::max<int64_t>(0, context.now_ms - batch->records.back().arrival_ms);
    measured.outcome.succeeded = true;
    measured.outcome.records = static_cast<double>(result.records.size());
    measured.outcome.bytes = static_cast<double>(bytes);
    measured.outcome.age_ms = static_cast<double>(result.millis_behind_latest);
    position->sequence = std::max(position->sequence, batch->next.value);
    if (planted(Bug::next_iterator_skips_a_record) && batch->records.size() > 5)
        ++position->sequence;
    if (planted(Bug::iterator_at_tip_skips_a_record) && batch->records.empty())
        ++position->sequence;
    position->issued_ms = context.now_ms;
    // The end has an answer of its own: there are readers that take an end beside records for none
    // and read these again (KinesisStreamsSource of Flink's connector 4.3).
    if (at_tip && (result.records.empty() || early > 0))
        result.child_shards = children_at_end(*position, context.arena);
    if (!result.child_shards) result.next_shard_iterator = seal_position(*position, context.arena);
    co_return result;
}

size_t append_records(const log::Batch& batch, const Shard& shard, Arena& arena,
                      std::vector<RecordOut>& to) {
    size_t bytes = 0;
    SequenceTexts texts(arena);
    to.reserve(to.size() + batch.records.size());
    for (const log::Record& record : batch.records) {
        RecordOut& out = to.emplace_back();
        out.sequence_number = texts.of({.shard_created_s = shard.created_s,
                                        .shard_index = shard.index,
                                        .index = record.sequence.value + 1,
                                        .put_s = record.arrival_ms / 1000});
        out.arrival = {record.arrival_ms};
        out.data = record.data;
        if (!(record.flags & flag_no_key)) out.partition_key = record.key;
        if (record.flags & flag_encrypted) out.encryption = "KMS";
        bytes += record.data.size() + record.key.size();
    }
    return bytes;
}

// Something when nothing will ever come after `position`: its shard is closed and all that was put
// into it is readable. Readers are told the end exactly together with the children.
std::optional<std::vector<ChildShard>> Streams::children_at_end(const Position& position,
                                                                Arena& arena) const {
    const Stream* stream = catalog_.find(position.generation);  // anew: the read may have waited
    const Shard* shard = stream ? stream->shards.find(position.shard_index) : nullptr;
    if (!shard || !shard->closed_ms) return std::nullopt;
    if (stream->updating && !planted(Bug::end_told_before_settled)) return std::nullopt;
    const uint64_t early = planted(Bug::end_told_one_record_early) ? 1 : 0;
    if (log_.bounds(shard->log_id).next.value > position.sequence + early) return std::nullopt;
    std::vector<ChildShard> children;
    for (const Shard& child : stream->shards.from(shard->index + 1)) {
        if (child.parent != shard->index && child.adjacent_parent != shard->index) continue;
        if (planted(Bug::one_child_not_told) && !children.empty()) continue;
        ChildShard& out = children.emplace_back();
        out.shard_id = shard_text(child.index, arena);
        out.parent_shards.push_back(shard_text(*child.parent, arena));
        if (child.adjacent_parent)
            out.parent_shards.push_back(shard_text(*child.adjacent_parent, arena));
        out.hash_key_range = {.starting = arena.copy(to_decimal(child.first_hash)),
                              .ending = arena.copy(to_decimal(child.last_hash))};
    }
    return children;
}

// The sweeper trims some seconds late: what has expired since is passed over here.
env::Task<Result<log::Batch>> Streams::read_unexpired(const Stream& stream, const Shard& shard,
                                                      log::Sequence from, log::ReadLimits limits) {
    const int64_t horizon_ms = env_.clock.wall_ms() - stream.retention_hours * hour_ms;
    const log::ShardId id = shard.log_id;
    from = std::max(from, log_.bounds(id).first);
    auto batch = co_await log_.read(id, from, limits);
    const bool expired =
        batch && !batch->records.empty() && batch->records.front().arrival_ms < horizon_ms;
    if (!expired || planted(Bug::expired_records_are_given)) co_return batch;
    auto alive = co_await log_.find(id, horizon_ms);
    if (!alive) co_return std::unexpected(std::move(alive.error()));
    co_return co_await log_.read(id, std::max(from, *alive), limits);
}

}  // namespace fors::streams
