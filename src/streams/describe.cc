// SPDX-License-Identifier: Apache-2.0
// DescribeStream, DescribeStreamSummary, ListStreams, DescribeLimits.
#include <algorithm>

#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr size_t page_max = 100;

StreamModeDetails mode_of(const Stream& stream) {
    return {.stream_mode = stream.on_demand ? "ON_DEMAND" : "PROVISIONED"};
}

size_t page_size(std::optional<int32_t> limit) {
    return std::min(page_max, static_cast<size_t>(limit.value_or(page_max)));
}

}  // namespace

std::optional<uint64_t> parse_shard_id(std::string_view text) {
    const size_t dash = text.rfind('-');
    const std::string_view digits = dash == text.npos ? text : text.substr(dash + 1);
    if (digits.empty() || dash == 0) return std::nullopt;
    uint64_t index = 0;
    for (char digit : digits) {
        if (digit < '0' || digit > '9') return std::nullopt;
        index = index * 10 + static_cast<uint64_t>(digit - '0');
        if (index > 2147483647) return std::nullopt;
    }
    return index;
}

ShardOut Streams::shard_out(const Shard& shard, Arena& arena) const {
    ShardOut out{.shard_id = shard_text(shard.index, arena)};
    if (shard.parent) out.parent = shard_text(*shard.parent, arena);
    if (shard.adjacent_parent) out.adjacent_parent = shard_text(*shard.adjacent_parent, arena);
    out.hash_key_range = {.starting = arena.copy(to_decimal(shard.first_hash)),
                          .ending = arena.copy(to_decimal(shard.last_hash))};
    SequenceNumber number{
        .shard_created_s = shard.created_s, .shard_index = shard.index, .put_s = shard.created_s};
    out.sequence_number_range.starting = to_text(number, arena);
    if (shard.closed_ms) {
        number.index = index_at_end;
        number.put_s = *shard.closed_ms / 1000;
        out.sequence_number_range.ending = to_text(number, arena);
    }
    return out;
}

Streams::Answer<DescribeStreamResult> Streams::describe_stream(Context& context,
                                                               const DescribeStream& in) {
    auto found = find(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = **found;
    Arena& arena = context.arena;
    DescribeStreamResult result;
    StreamDescription& out = result.description;
    out.name = arena.copy(stream.name);
    out.arn = arena.copy(stream.arn());
    out.status = status_text(stream, context.now_ms);
    out.mode = mode_of(stream);
    out.retention_hours = stream.retention_hours;
    out.created = {stream.created_ms};
    out.monitoring.push_back({monitored_names(stream.monitored)});
    out.encryption = stream.encryption_key ? "KMS" : "NONE";
    if (stream.encryption_key) out.key_id = arena.copy(*stream.encryption_key);
    if (status(stream, context.now_ms) == Status::creating) co_return result;

    uint64_t first = 0;
    if (in.exclusive_start_shard_id) {
        const auto after = parse_shard_id(*in.exclusive_start_shard_id);
        if (!after)
            co_return fail(Code::not_found, text_shard_malformed(*in.exclusive_start_shard_id,
                                                                 stream.name, stream.account));
        first = *after + 1;
    }
    const size_t limit = page_size(in.limit);
    for (const Shard& shard : stream.shards.from(first)) {
        if (unlisted(stream, shard, context.now_ms)) continue;
        out.has_more_shards = out.shards.size() == limit;
        if (out.has_more_shards) break;
        out.shards.push_back(shard_out(shard, arena));
    }
    co_return result;
}

Streams::Answer<DescribeStreamSummaryResult> Streams::describe_stream_summary(
    Context& context, const DescribeStreamSummary& in) {
    auto found = find(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = **found;
    Arena& arena = context.arena;
    DescribeStreamSummaryResult result;
    StreamDescriptionSummary& out = result.summary;
    out.name = arena.copy(stream.name);
    out.arn = arena.copy(stream.arn());
    // No StreamId: clients that know one (KCL's fan-out) pass it to the SDK, whose endpoint rules
    // then make a host name of it and no longer ask AWS_ENDPOINT_URL.
    out.status = status_text(stream, context.now_ms);
    out.mode = mode_of(stream);
    out.retention_hours = stream.retention_hours;
    out.created = {stream.created_ms};
    out.monitoring.push_back({monitored_names(stream.monitored)});
    out.encryption = stream.encryption_key ? "KMS" : "NONE";
    if (stream.encryption_key) out.key_id = arena.copy(*stream.encryption_key);
    const bool creating = status(stream, context.now_ms) == Status::creating;
    out.consumers = static_cast<int32_t>(stream.consumers.size());
    out.open_shards = creating ? 0 : static_cast<int32_t>(stream.open.size());
    out.max_record_kib = stream.max_record_kib;
    if (stream.on_demand && committed(context))
        out.warm_throughput = {.target = stream.warm_mibps, .current = out.open_shards};
    if (stream.on_demand)
        out.distribution = stream.auto_distribution ? "AUTO" : "USER_PARTITION_KEY";
    co_return result;
}

Streams::Answer<ListStreamsResult> Streams::list_streams(Context& context, const ListStreams& in) {
    std::string after(in.exclusive_start_stream_name.value_or(""));
    if (in.next_token) {
        if (in.exclusive_start_stream_name)
            co_return fail(Code::invalid_argument,
                           "NextToken and ExclusiveStartStreamName cannot be provided together.");
        auto opened = open_token("ListStreams", *in.next_token, context);
        if (!opened) co_return std::unexpected(std::move(opened.error()));
        after = std::move(*opened);
    }
    if (auto fault = take_call(context, nullptr)) co_return std::unexpected(std::move(*fault));
    const auto streams = catalog_.list(context.caller.account, context.caller.region, after);
    const size_t count = std::min(page_size(in.limit), streams.size());
    Arena& arena = context.arena;
    ListStreamsResult result;
    for (size_t at = 0; at < count; ++at) {
        const Stream& stream = *streams[at];
        const std::string_view name = arena.copy(stream.name);
        result.names.push_back(name);
        result.summaries.push_back({.name = name,
                                    .arn = arena.copy(stream.arn()),
                                    .status = status_text(stream, context.now_ms),
                                    .mode = mode_of(stream),
                                    .created = {stream.created_ms}});
    }
    result.has_more = count < streams.size();
    if (result.has_more)
        result.next_token = seal_token("ListStreams", result.names.back(), context);
    co_return result;
}

Streams::Answer<DescribeLimitsResult> Streams::describe_limits(Context& context,
                                                               const DescribeLimits&) {
    if (auto fault = take_call(context, nullptr)) co_return std::unexpected(std::move(*fault));
    DescribeLimitsResult result{.shard_limit = shards_per_account_max,
                                .on_demand_limit = on_demand_streams_max};
    for (const Stream* stream : catalog_.list(context.caller.account, context.caller.region, "")) {
        if (stream->on_demand)
            ++result.on_demand_streams;
        else
            result.open_shards += static_cast<int32_t>(stream->open.size());
    }
    co_return result;
}

}  // namespace fors::streams
