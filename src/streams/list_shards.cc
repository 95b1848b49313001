// SPDX-License-Identifier: Apache-2.0
// ListShards with its filters (reference, section 4.4) and tokens.
#include <algorithm>

#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr size_t page_max = 1000;
constexpr int64_t hour_ms = 3'600'000;

// Which shards a request asks for; carried from page to page in the token.
struct Selection {
    enum class Kind : uint8_t { from_horizon, after_shard, at_latest, at_time, from_time };
    Kind kind = Kind::from_horizon;
    int64_t time_ms = 0;
    uint64_t first_index = 0;

    bool holds(const Shard& shard) const {
        switch (kind) {
            case Kind::from_horizon:
            case Kind::after_shard:
                return true;
            case Kind::at_latest:
                return !shard.closed_ms;
            case Kind::at_time:  // a child opens when its parent closes: at every instant these
                                 // tile the space
                return shard.opened_ms <= time_ms &&
                       (!shard.closed_ms || *shard.closed_ms > time_ms);
            case Kind::from_time:
                return !shard.closed_ms || *shard.closed_ms >= time_ms;
        }
        return false;
    }
};

Result<Selection> select(const ShardFilter& filter, int64_t oldest_ms) {
    using Kind = Selection::Kind;
    const std::string_view type = *filter.type;
    const bool takes_shard = type == "AFTER_SHARD_ID";
    const bool takes_time = type.ends_with("_TIMESTAMP");
    if (takes_shard != filter.shard_id.has_value())
        return fail(Code::invalid_argument,
                    concat("ShardFilter of type ", type, takes_shard ? " needs" : " does not take",
                           " a ShardId."));
    if (takes_time != filter.timestamp.has_value())
        return fail(Code::invalid_argument,
                    concat("ShardFilter of type ", type, takes_time ? " needs" : " does not take",
                           " a Timestamp."));
    if (type == "AT_LATEST") return Selection{.kind = Kind::at_latest};
    if (type == "AT_TRIM_HORIZON") return Selection{.kind = Kind::at_time, .time_ms = oldest_ms};
    if (type == "FROM_TRIM_HORIZON") return Selection{};
    if (takes_shard) {
        const auto index = parse_shard_id(*filter.shard_id);
        if (!index)
            return fail(Code::invalid_argument,
                        concat("ShardId ", *filter.shard_id, " is not a shard id."));
        return Selection{.kind = Kind::after_shard, .first_index = *index + 1};
    }
    return Selection{.kind = type == "AT_TIMESTAMP" ? Kind::at_time : Kind::from_time,
                     .time_ms = std::max(filter.timestamp->ms, oldest_ms)};
}

// Token content: generation, kind, time, next index.
std::string write_token(uint64_t generation, const Selection& selection, uint64_t next) {
    return concat(std::to_string(generation), " ", std::to_string(static_cast<int>(selection.kind)),
                  " ", std::to_string(selection.time_ms), " ", std::to_string(next));
}

struct Page {
    uint64_t generation = 0;
    Selection selection;
};

Page read_token(const std::string& content) {
    Page page;
    int kind = 0;
    long long time_ms = 0;
    unsigned long long generation = 0;
    unsigned long long next = 0;
    if (std::sscanf(content.c_str(), "%20llu %1d %20lld %20llu", &generation, &kind, &time_ms,
                    &next) != 4)
        return page;  // no stream has generation 0
    page.generation = generation;
    page.selection = {static_cast<Selection::Kind>(kind), time_ms, next};
    return page;
}

// What may not be combined (reference, section 1.6).
std::optional<Error> check_combination(const ListShards& in) {
    const bool named = in.stream_name || in.stream_arn;
    if (in.next_token && (named || in.stream_created || in.exclusive_start_shard_id))
        return Error{Code::invalid_argument,
                     "NextToken and StreamName cannot be provided together."};
    if (!in.next_token && !named)
        return Error{Code::invalid_argument, "Either NextToken or StreamName should be provided."};
    if (in.exclusive_start_shard_id && in.filter)
        return Error{Code::invalid_argument,
                     "ExclusiveStartShardId and ShardFilter cannot be provided together."};
    return std::nullopt;
}

}  // namespace

bool Streams::unlisted(const Stream& stream, const Shard& shard, int64_t now_ms) const {
    return stream.shard_expired(shard, now_ms) &&
           log_.bounds(shard.log_id).last_arrival_ms <= now_ms - stream.retention_hours * hour_ms;
}

Streams::Answer<ListShardsResult> Streams::list_shards(Context& context, const ListShards& in) {
    if (auto fault = check_combination(in)) co_return std::unexpected(std::move(*fault));
    const Stream* stream = nullptr;
    Selection selection;
    if (in.next_token) {
        auto opened = open_token("ListShards", *in.next_token, context);
        if (!opened) co_return std::unexpected(std::move(opened.error()));
        const Page page = read_token(*opened);
        stream = catalog_.find(page.generation);
        if (!stream) co_return fail(Code::not_found, "The stream of this NextToken is gone.");
        if (auto fault = authorize(context, *stream)) co_return std::unexpected(std::move(*fault));
        if (auto fault = take_call(context, stream)) co_return std::unexpected(std::move(*fault));
        selection = page.selection;
    } else {
        auto found = find(context, in);
        if (!found) co_return std::unexpected(std::move(found.error()));
        stream = *found;
        if (in.stream_created && in.stream_created->ms / 1000 != stream->created_ms / 1000)
            co_return fail(Code::not_found, text_stream_not_found(stream->name, stream->account));
        if (in.filter) {
            // Nothing existed before the stream was created, nothing is kept from before the
            // horizon, and who was there before the last that is forgotten closed is not known.
            const int64_t horizon_ms = context.now_ms - stream->retention_hours * hour_ms;
            auto selected = select(
                *in.filter, std::max({horizon_ms, stream->created_ms, stream->forgotten_ms}));
            if (!selected) co_return std::unexpected(std::move(selected.error()));
            selection = *selected;
        }
        if (in.exclusive_start_shard_id) {
            const auto index = parse_shard_id(*in.exclusive_start_shard_id);
            if (!index)
                co_return fail(
                    Code::invalid_argument,
                    concat("ShardId ", *in.exclusive_start_shard_id, " is not a shard id."));
            selection.first_index = *index + 1;
        }
        if (status(*stream, context.now_ms) == Status::creating)
            co_return fail(Code::in_use,
                           text_not_active(stream->name, stream->account, "CREATING"));
    }

    const size_t limit = std::min(page_max, static_cast<size_t>(in.max_results.value_or(page_max)));
    ListShardsResult result;
    for (const Shard& shard : stream->shards.from(selection.first_index)) {
        if (!selection.holds(shard) || unlisted(*stream, shard, context.now_ms)) continue;
        if (result.shards.size() == limit) {
            result.next_token = seal_token(
                "ListShards", write_token(stream->generation, selection, shard.index), context);
            break;
        }
        result.shards.push_back(shard_out(shard, context.arena));
    }
    co_return result;
}

}  // namespace fors::streams
