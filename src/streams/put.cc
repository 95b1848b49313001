// SPDX-License-Identifier: Apache-2.0
// PutRecord and PutRecords: check, route by hash, throttle, append; the answer waits for the disk.
#include <algorithm>
#include <utility>

#include "base/planted.h"
#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr std::string_view dry_run_text = "Request would have succeeded, but DryRun flag is set.";

std::unexpected<Error> violated(std::string_view entry, std::string_view what) {
    return fail(Code::validation, concat("1 validation error detected: ", entry,
                                         " failed to satisfy constraint: ", what));
}

// "records.3.member." or nothing.
std::string entry_path(std::optional<size_t> at) {
    return at ? concat("records.", std::to_string(*at + 1), ".member.") : std::string();
}

// What is needed of a shard when its stream may be gone: an append waits.
struct Numbered {
    uint32_t index;
    int64_t created_s;
};

std::string_view sequence_text(const Numbered& shard, const log::Append& appended, Arena& arena) {
    return to_text({.shard_created_s = shard.created_s,
                    .shard_index = shard.index,
                    .index = appended.sequence.value + 1,
                    .put_s = appended.arrival_ms / 1000},
                   arena);
}

size_t place_of(uint64_t shard_and_place) { return shard_and_place & 0xFFFF'FFFF; }

OptionalText encryption_of(const Stream& stream) {
    return stream.encryption_key ? OptionalText("KMS") : std::nullopt;
}

size_t size_of(const auto& entry) {
    return entry.data->size() + entry.partition_key.value_or("").size();
}

}  // namespace

// Faults here refuse the whole request. `path` stands before the member's name in texts.
Result<Streams::Placed> Streams::place(const Stream& stream, const Entry& entry,
                                       std::string_view path) {
    if (!entry.partition_key && !stream.auto_distribution)
        return violated(concat("Value null at '", path, "partitionKey'"),
                        "Member must not be null");
    const std::string_view key = entry.partition_key.value_or("");
    const size_t bytes_max = static_cast<size_t>(stream.max_record_kib) * 1024;
    if (entry.data.size() + key.size() > bytes_max)
        return violated(
            concat("Value at '", path, "data'"),
            concat("Member must have length less than or equal to ", std::to_string(bytes_max)));
    const Shard* shard = nullptr;
    if (stream.auto_distribution) {
        shard = &stream.shards[stream.open[next_auto_shard_++ % stream.open.size()]];
    } else if (entry.explicit_hash_key) {
        const auto hash = parse_hash_key(*entry.explicit_hash_key);
        if (!hash)
            return fail(Code::invalid_argument,
                        concat("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: "
                               "[0, 2^128-1]. Specified value was ",
                               *entry.explicit_hash_key));
        shard = &stream.shard_of(*hash);
    } else {
        shard = &stream.shard_of(hash_of(key));
    }
    if (planted(Bug::put_into_closed_shard) && shard->parent && next_auto_shard_++ % 16 == 0)
        shard = &stream.shards[*shard->parent];
    const uint16_t flags = entry.partition_key ? 0 : flag_no_key;
    return Placed{shard, {.shard = shard->log_id, .key = key, .data = entry.data, .flags = flags}};
}

// A record is let in when the shard has room for it in both measures; one larger than a second's
// worth needs a rested shard.
bool Streams::admit(const Stream& stream, log::ShardId shard, size_t bytes) {
    const auto amount = static_cast<double>(bytes);
    if (options_.limits) {
        Throttle& throttle = throttles_.of(shard);
        const int64_t now_ns = steady_ns();
        const double needed = std::min(amount, write_bytes_per_second);
        if (!throttle.write_bytes.has(needed, now_ns) || !throttle.write_records.take(1, now_ns))
            return false;
        throttle.write_bytes.charge(amount, now_ns);
    }
    if (stream.on_demand) {
        Traffic& traffic = traffic_[shard];
        traffic.bytes += amount;
        traffic.records += 1;
    }
    return true;
}

Streams::Answer<PutRecordResult> Streams::put_record(Context& context, const PutRecord& in) {
    auto found = find_readable(context, in);
    if (found && (*found)->encryption_key) {
        auto ready = co_await ready_to_encrypt(context, (*found)->generation);
        if (!ready) co_return std::unexpected(std::move(ready.error()));
        found = find_readable(context, in);  // anew: it may have waited
    }
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = **found;
    auto placed = place(stream, {*in.data, in.partition_key, in.explicit_hash_key}, "");
    if (!placed) co_return std::unexpected(std::move(placed.error()));
    const Shard shard = *placed->shard;  // the stream may be gone when the append is done

    if (in.sequence_number_for_ordering) {
        if (stream.auto_distribution)
            co_return fail(Code::invalid_argument,
                           "Stream has SERVICE_DEFINED PartitionKey enabled. "
                           "SequenceNumberForOrdering must not be provided.");
        const auto least = parse_sequence_number(*in.sequence_number_for_ordering);
        const bool mine = least && least->shard_index == shard.index;
        if (!least || (mine && least->index > log_.bounds(shard.log_id).next.value))
            co_return fail(Code::invalid_argument,
                           concat("ExclusiveMinimumSequenceNumber ",
                                  *in.sequence_number_for_ordering, " used in PutRecord on stream ",
                                  stream.name, " under account ", stream.account, " is invalid."));
    }
    if (in.dry_run.value_or(false)) co_return fail(Code::dry_run, std::string(dry_run_text));
    Measured<PutOutcome> measured(telemetry(stream), env_.clock, {.total = 1});
    const auto bytes = static_cast<double>(size_of(in));
    if (!admit(stream, shard.log_id, size_of(in))) {
        measured.outcome.throttled = 1;
        measured.telemetry().add(ShardMeasure::write_exceeded, shard.index, 1, context.now_ms);
        co_return fail(Code::throttled, text_shard_rate(shard.index, stream.name, stream.account));
    }

    log::Append& append = placed->append;
    const OptionalText encryption = encryption_of(stream);
    std::string sealed;
    if (encryption) cipher_.seal(stream, append, sealed);
    auto appended = co_await log_.append(std::span(&append, 1));
    if (!appended) co_return std::unexpected(std::move(appended.error()));
    measured.outcome.stored = 1;
    measured.outcome.bytes = bytes;
    measured.telemetry().stored(shard.index, bytes, context.now_ms);
    const Numbered numbered{shard.index, shard.created_s};
    co_return PutRecordResult{.shard_id = shard_text(shard.index, context.arena),
                              .sequence_number = sequence_text(numbered, append, context.arena),
                              .encryption = encryption};
}

Streams::Answer<PutRecordsResult> Streams::put_records(Context& context, const PutRecords& in) {
    auto found = find_readable(context, in);
    if (found && (*found)->encryption_key) {
        auto ready = co_await ready_to_encrypt(context, (*found)->generation);
        if (!ready) co_return std::unexpected(std::move(ready.error()));
        found = find_readable(context, in);  // anew: it may have waited
    }
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = **found;
    const std::vector<PutRecordsEntry>& entries = *in.records;

    size_t bytes = 0;
    std::vector<log::Append> wanted;
    std::vector<Numbered> shards;
    wanted.reserve(entries.size());
    shards.reserve(entries.size());
    for (size_t at = 0; at < entries.size(); ++at) {
        bytes += size_of(entries[at]);
        const Entry entry{*entries[at].data, entries[at].partition_key,
                          entries[at].explicit_hash_key};
        auto placed = place(stream, entry, "");
        if (!placed) placed = place(stream, entry, entry_path(at));  // again, for the text
        if (!placed) co_return std::unexpected(std::move(placed.error()));
        wanted.push_back(placed->append);
        shards.push_back({placed->shard->index, placed->shard->created_s});
    }
    if (bytes > batch_bytes_max)
        co_return fail(Code::invalid_argument, "Records size exceeds 10 MB limit");
    if (in.dry_run.value_or(false)) co_return fail(Code::dry_run, std::string(dry_run_text));

    Measured<PutOutcome> measured(telemetry(stream), env_.clock,
                                  {.batch = true, .total = static_cast<double>(entries.size())});
    PutRecordsResult result;
    result.encryption = encryption_of(stream);
    result.records.resize(entries.size());
    std::vector<uint64_t> order;  // of those let in: shard and place in the request
    order.reserve(entries.size());
    for (size_t at = 0; at < entries.size(); ++at) {
        if (admit(stream, wanted[at].shard, size_of(entries[at]))) {
            order.push_back(uint64_t{wanted[at].shard.value} << 32 | at);
            continue;
        }
        ++result.failed_record_count;
        measured.outcome.throttled += 1;
        measured.telemetry().add(ShardMeasure::write_exceeded, shards[at].index, 1, context.now_ms);
        result.records[at].error_code = "ProvisionedThroughputExceededException";
        result.records[at].error_message =
            context.arena.copy(text_shard_rate(shards[at].index, stream.name, stream.account));
    }
    // A shard's records side by side: the journal keeps neighbours as one run.
    std::ranges::sort(order);
    std::vector<log::Append> appends;
    appends.reserve(order.size());
    for (const uint64_t each : order) appends.push_back(wanted[place_of(each)]);
    std::vector<std::string> sealed(result.encryption ? appends.size() : 0);
    for (size_t at = 0; at < sealed.size(); ++at) cipher_.seal(stream, appends[at], sealed[at]);
    measured.outcome.failed = static_cast<double>(appends.size());
    if (!appends.empty()) {
        auto appended = co_await log_.append(appends);
        if (!appended) co_return std::unexpected(std::move(appended.error()));
    }
    measured.outcome.stored = std::exchange(measured.outcome.failed, 0);
    for (size_t at = 0; at < order.size(); ++at) {
        const size_t of = planted(Bug::throttled_entries_shift_answers) ? at : place_of(order[at]);
        const Numbered& shard = shards[of];
        const auto size = static_cast<double>(size_of(entries[of]));
        measured.outcome.bytes += size;
        measured.telemetry().stored(shard.index, size, context.now_ms);
        PutRecordsResultEntry& out = result.records[of];
        out.shard_id = shard_text(shard.index, context.arena);
        out.sequence_number = sequence_text(shard, appends[at], context.arena);
    }
    co_return result;
}

}  // namespace fors::streams
