// SPDX-License-Identifier: Apache-2.0
// SplitShard, MergeShards, UpdateShardCount. The catalog's fold does the work (resharding.h); here
// stand the checks before it and the way from UPDATING back to ACTIVE.
#include <algorithm>
#include <chrono>

#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

Error provisioned_only(const Stream& stream) {
    return {Code::validation, concat("Request is invalid. Stream ", stream.name, " under account ",
                                     stream.account, " is in On-Demand mode.")};
}

}  // namespace

Result<const Stream*> Streams::find_reshardable(const Context& context,
                                                const StreamReference& reference) {
    auto stream = find_active(context, reference);
    if (stream && (*stream)->on_demand) return std::unexpected(provisioned_only(**stream));
    return stream;
}

Result<uint32_t> Streams::shard_named(const Stream& stream, std::string_view shard) const {
    const auto index = parse_shard_id(shard);
    if (!index || !stream.shards.find(*index))
        return fail(Code::not_found, text_shard_malformed(shard, stream.name, stream.account));
    return static_cast<uint32_t>(*index);
}

Streams::Answer<> Streams::split_shard(Context& context, const SplitShard& in) {
    auto stream = find_reshardable(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    auto shard = shard_named(**stream, *in.shard_to_split);
    if (!shard) co_return std::unexpected(std::move(shard.error()));
    const auto begin = parse_hash_key(*in.new_starting_hash_key);
    if (!begin)
        co_return fail(Code::invalid_argument,
                       concat("Invalid NewStartingHashKey. NewStartingHashKey must be in the "
                              "range: [0, 2^128-1]. Specified value was ",
                              *in.new_starting_hash_key));
    if (auto fault = check_quota(context, false, 1)) co_return std::unexpected(std::move(*fault));
    const uint64_t generation = (*stream)->generation;
    auto split =
        co_await control_.submit(split_command(generation, *shard, *begin, context.now_ms));
    if (!split) co_return std::unexpected(std::move(split.error()));
    co_await settle(generation);
    co_return core::Nothing{};
}

Streams::Answer<> Streams::merge_shards(Context& context, const MergeShards& in) {
    auto stream = find_reshardable(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    auto shard = shard_named(**stream, *in.shard_to_merge);
    if (!shard) co_return std::unexpected(std::move(shard.error()));
    auto adjacent = shard_named(**stream, *in.adjacent_shard_to_merge);
    if (!adjacent) co_return std::unexpected(std::move(adjacent.error()));
    const uint64_t generation = (*stream)->generation;
    auto merged =
        co_await control_.submit(merge_command(generation, *shard, *adjacent, context.now_ms));
    if (!merged) co_return std::unexpected(std::move(merged.error()));
    co_await settle(generation);
    co_return core::Nothing{};
}

// The service's rules for one call (reference, UpdateShardCount); without limits only the ceiling.
std::optional<Error> Streams::check_resize(const Context& context, const Stream& stream,
                                           size_t target) const {
    const size_t open = stream.open.size();
    const std::string counts = concat(" Current open shard count: ", std::to_string(open),
                                      ", Target shard count: ", std::to_string(target));
    const auto refused = [&](std::string_view text) {
        return Error{Code::limit_exceeded, concat(text, counts)};
    };
    if (target > resized_shards_max)
        return refused("Target shard count or number of open shards cannot be greater than 10000.");
    if (!options_.limits) return std::nullopt;
    if (target > 2 * open)
        return refused(
            "UpdateShardCount cannot scale up over double your current open shard count.");
    if (2 * target < open)
        return refused(
            "UpdateShardCount cannot scale down below half your current open shard count.");
    const auto today = std::ranges::count_if(
        stream.resized, [&](int64_t ms) { return ms > context.now_ms - day_ms; });
    if (today >= resizes_a_day_max)
        return Error{Code::limit_exceeded,
                     concat("Stream ", stream.name, " under account ", stream.account,
                            " has been scaled 10 times within the last 24 hours, which is the "
                            "limit.")};
    if (target <= open) return std::nullopt;
    return check_quota(context, false, static_cast<int64_t>(target - open));
}

Streams::Answer<UpdateShardCountResult> Streams::update_shard_count(Context& context,
                                                                    const UpdateShardCount& in) {
    auto stream = find_reshardable(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    const int32_t target = *in.target;
    if (auto fault = check_resize(context, **stream, static_cast<size_t>(target)))
        co_return std::unexpected(std::move(*fault));
    const uint64_t generation = (*stream)->generation;
    UpdateShardCountResult result{.stream_name = context.arena.copy((*stream)->name),
                                  .stream_arn = context.arena.copy((*stream)->arn()),
                                  .current = static_cast<int32_t>((*stream)->open.size()),
                                  .target = target};
    auto resized = co_await control_.submit(resize_command(generation, target, context.now_ms));
    if (!resized) co_return std::unexpected(std::move(resized.error()));
    co_await settle(generation);
    co_return result;
}

// With limits the stream stays UPDATING for a while, as the service's do.
env::Task<void> Streams::settle(uint64_t generation) {
    if (transition_ms() > 0)
        schedule_settling(generation, transition_ms());
    else
        co_await finish_settling(generation);
}

void Streams::schedule_settling(uint64_t generation, int64_t delay_ms) {
    env_.executor.after(std::chrono::milliseconds(delay_ms), [this, generation] {
        if (!stopping_) env::spawn(finish_settling(generation));
    });
}

// The command is also a barrier: once it is on disk, so is everything that was put into the parents
// before they closed, and readers may be told that a shard ends.
env::Task<void> Streams::finish_settling(uint64_t generation) {
    if (!catalog_.find(generation)) co_return;
    auto settled = co_await control_.submit(settled_command(generation));
    if (settled) wake_subscribers(generation);
    if (!settled && !stopping_ && settled.error().code != Code::not_found)
        schedule_settling(generation, 1000);  // a full disk, say
}

}  // namespace fors::streams
