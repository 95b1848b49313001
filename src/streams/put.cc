// SPDX-License-Identifier: Apache-2.0
// PutRecord and PutRecords: check, route by hash, throttle, append; the answer waits for the disk.
#include <array>
#include <numeric>
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

// What is needed of an entry and its shard once the log has answered: the stream may be gone by
// then, and the request no longer in the processor's caches.
struct Numbered {
    uint32_t index;  // of the shard
    uint32_t bytes;  // of key and data
    int64_t created_s;
};

SequenceNumber number_of(const Numbered& shard, const log::Append& appended) {
    return {.shard_created_s = shard.created_s,
            .shard_index = shard.index,
            .index = appended.sequence.value + 1,
            .put_s = appended.arrival_ms / 1000};
}

// Where an entry goes.
struct Route {
    uint32_t place;  // of its shard among the open ones
    uint32_t entry;  // its index in the request
};

// Brings entries of one shard side by side, in their order: a byte of the place a pass, which takes
// less than comparing them.
void group_by_place(std::vector<Route>& routes, size_t places) {
    std::vector<Route> sorted(routes.size());
    for (int shift = 0; shift < 32 && (places - 1) >> shift != 0; shift += 8) {
        std::array<uint32_t, 257> begins{};
        const auto digit = [&](const Route& route) { return (route.place >> shift) & 0xFF; };
        for (const Route& route : routes) ++begins[digit(route) + 1];
        std::partial_sum(begins.begin(), begins.end(), begins.begin());
        for (const Route& route : routes) sorted[begins[digit(route)]++] = route;
        routes.swap(sorted);
    }
}

OptionalText encryption_of(const Stream& stream) {
    return stream.encryption_key ? OptionalText("KMS") : std::nullopt;
}

size_t size_of(const auto& entry) {
    return entry.data->size() + entry.partition_key.value_or("").size();
}

log::Append append_of(const auto& entry, log::ShardId shard) {
    const uint16_t flags = entry.partition_key ? 0 : flag_no_key;
    return {.shard = shard,
            .key = entry.partition_key.value_or(""),
            .data = *entry.data,
            .flags = flags};
}

}  // namespace

// Where an entry goes among the stream's open shards. Faults here refuse the whole request. `path`
// stands before the member's name in texts.
Result<uint32_t> Streams::place(const Stream& stream, const Entry& entry, std::string_view path) {
    if (!entry.partition_key && !stream.auto_distribution)
        return violated(concat("Value null at '", path, "partitionKey'"),
                        "Member must not be null");
    const size_t bytes_max = static_cast<size_t>(stream.max_record_kib) * 1024;
    if (entry.data.size() + entry.partition_key.value_or("").size() > bytes_max)
        return violated(
            concat("Value at '", path, "data'"),
            concat("Member must have length less than or equal to ", std::to_string(bytes_max)));
    if (stream.auto_distribution)
        return static_cast<uint32_t>(next_auto_shard_++ % stream.open.size());
    if (!entry.explicit_hash_key) return stream.place_of(entry.hash);
    const auto hash = parse_hash_key(*entry.explicit_hash_key);
    if (!hash)
        return fail(Code::invalid_argument,
                    concat("Invalid ExplicitHashKey. ExplicitHashKey must be in the range: "
                           "[0, 2^128-1]. Specified value was ",
                           *entry.explicit_hash_key));
    return stream.place_of(*hash);
}

const Shard& Streams::shard_at_place(const Stream& stream, uint32_t place) {
    const Shard& shard = stream.shards[stream.open[place]];
    if (planted(Bug::put_into_closed_shard) && shard.parent && next_auto_shard_++ % 16 == 0)
        if (const Shard* parent = stream.shards.find(*shard.parent)) return *parent;
    return shard;
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
    if (planted(Bug::put_fails_at_times) && next_auto_shard_++ % 16 == 0)
        co_return fail(Code::io_failed, "for no reason");
    const Stream& stream = **found;
    const HashKey hash = hash_of(in.partition_key.value_or(""));
    auto placed = place(stream, {*in.data, in.partition_key, in.explicit_hash_key, hash}, "");
    if (!placed) co_return std::unexpected(std::move(placed.error()));
    const Shard shard = shard_at_place(stream, *placed);  // may be gone when the append is done

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

    log::Append append = append_of(in, shard.log_id);
    const OptionalText encryption = encryption_of(stream);
    std::string sealed;
    if (encryption) cipher_.seal(stream, append, sealed);
    auto appended = co_await log_.append(std::span(&append, 1));
    if (!appended) co_return std::unexpected(std::move(appended.error()));
    measured.outcome.stored = 1;
    measured.outcome.bytes = bytes;
    measured.telemetry().stored(shard.index, bytes, context.now_ms);
    const Numbered numbered{shard.index, 0, shard.created_s};
    co_return PutRecordResult{
        .shard_id = shard_text(shard.index, context.arena),
        .sequence_number = to_text(number_of(numbered, append), context.arena),
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

    std::vector<HashKey> hashes(entries.size());
    if (!stream.auto_distribution) {
        std::vector<std::string_view> keys;
        keys.reserve(entries.size());
        for (const PutRecordsEntry& entry : entries)
            keys.push_back(entry.partition_key.value_or(""));
        hashes = hashes_of(keys);
    }
    size_t bytes = 0;
    std::vector<uint32_t> places;
    places.reserve(entries.size());
    for (size_t at = 0; at < entries.size(); ++at) {
        bytes += size_of(entries[at]);
        const Entry entry{*entries[at].data, entries[at].partition_key,
                          entries[at].explicit_hash_key, hashes[at]};
        auto placed = place(stream, entry, "");
        if (!placed) placed = place(stream, entry, entry_path(at));  // again, for the text
        if (!placed) co_return std::unexpected(std::move(placed.error()));
        places.push_back(*placed);
    }
    if (bytes > batch_bytes_max)
        co_return fail(Code::invalid_argument, "Records size exceeds 10 MB limit");
    if (in.dry_run.value_or(false)) co_return fail(Code::dry_run, std::string(dry_run_text));

    Measured<PutOutcome> measured(telemetry(stream), env_.clock,
                                  {.batch = true, .total = static_cast<double>(entries.size())});
    std::vector<Route> routes;  // of those let in
    routes.reserve(entries.size());
    std::vector<std::pair<uint32_t, std::string_view>> throttled;  // entry and what it is told
    for (uint32_t at = 0; at < entries.size(); ++at) {
        const Shard& shard = stream.shards[stream.open[places[at]]];
        if (admit(stream, shard.log_id, size_of(entries[at]))) {
            routes.push_back({places[at], at});
            continue;
        }
        throttled.emplace_back(
            at, context.arena.copy(text_shard_rate(shard.index, stream.name, stream.account)));
        measured.outcome.throttled += 1;
        measured.telemetry().add(ShardMeasure::write_exceeded, shard.index, 1, context.now_ms);
    }
    // A shard's records side by side: the journal keeps neighbours as one run.
    group_by_place(routes, stream.open.size());
    std::vector<log::Append> appends;
    std::vector<Numbered> shards;
    appends.reserve(routes.size());
    shards.reserve(routes.size());
    for (const Route& route : routes) {
        const PutRecordsEntry& entry = entries[route.entry];
        const Shard& shard = shard_at_place(stream, route.place);
        appends.push_back(append_of(entry, shard.log_id));
        shards.push_back({shard.index, static_cast<uint32_t>(size_of(entry)), shard.created_s});
    }
    const OptionalText encryption = encryption_of(stream);
    std::vector<std::string> sealed(encryption ? appends.size() : 0);
    for (size_t at = 0; at < sealed.size(); ++at) cipher_.seal(stream, appends[at], sealed[at]);
    measured.outcome.failed = static_cast<double>(appends.size());
    if (!appends.empty()) {
        auto appended = co_await log_.append(appends);
        if (!appended) co_return std::unexpected(std::move(appended.error()));
    }
    measured.outcome.stored = std::exchange(measured.outcome.failed, 0);

    PutRecordsResult result;
    result.encryption = encryption;
    result.failed_record_count = static_cast<int32_t>(throttled.size());
    result.records.resize(entries.size());
    for (const auto& [entry, text] : throttled) {
        result.records[entry].error_code = "ProvisionedThroughputExceededException";
        result.records[entry].error_message = text;
    }
    SequenceTexts texts(context.arena);
    std::string_view shard_id;
    for (size_t at = 0; at < routes.size(); ++at) {
        const size_t entry = planted(Bug::throttled_entries_shift_answers) ? at : routes[at].entry;
        const Numbered& shard = shards[at];
        measured.outcome.bytes += shard.bytes;
        measured.telemetry().stored(shard.index, shard.bytes, context.now_ms);
        PutRecordsResultEntry& out = result.records[entry];
        if (at == 0 || shard.index != shards[at - 1].index)
            shard_id = shard_text(shard.index, context.arena);
        out.shard_id = shard_id;
        out.sequence_number = texts.of(number_of(shard, appends[at]));
    }
    co_return result;
}

}  // namespace fors::streams
