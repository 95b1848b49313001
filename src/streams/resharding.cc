// SPDX-License-Identifier: Apache-2.0
#include "streams/resharding.h"

#include <algorithm>

#include "base/planted.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

bool near(HashKey low, HashKey high) {
    constexpr uint64_t rounding = 1 << 20;  // more than any number of shards
    const HashKey end = high.low >= rounding ? HashKey{high.high, high.low - rounding}
                        : high.high > 0      ? HashKey{high.high - 1, high.low - rounding}
                                             : HashKey{};
    return low >= end;
}

}  // namespace

void sort_open_shards(Stream& stream) {
    stream.open.clear();
    for (const Shard& shard : stream.shards)
        if (!shard.closed_ms) stream.open.push_back(shard.index);
    std::ranges::sort(stream.open, {}, [&](uint32_t at) { return stream.shards[at].first_hash; });
}

Result<> Resharding::check_open(uint32_t shard) const {
    const Shard* found = stream_.shards.find(shard);
    if (!found)
        return fail(Code::not_found,
                    text_shard_malformed(shard_name(shard), stream_.name, stream_.account));
    if (found->closed_ms)
        return fail(Code::invalid_argument,
                    concat("Shard ", shard_name(shard), " in stream ", stream_.name,
                           " under account ", stream_.account,
                           " has already been merged or split, and thus is not eligible for "
                           "merging or splitting."));
    return {};
}

// The reference stays valid until the next shard is opened.
Shard& Resharding::open_child(HashKey first, HashKey last, int64_t above_s) {
    const int later_s = planted(Bug::child_begins_a_second_early) ? 0 : 1;
    return stream_.shards.add({.index = stream_.shards.next_index(),
                               .log_id = {next_log_shard_++},
                               .first_hash = first,
                               .last_hash = last,
                               .created_s = std::max(at_ms_ / 1000, above_s + later_s),
                               .opened_ms = now_ms_});
}

void Resharding::cut(uint32_t shard, HashKey new_starting) {
    stream_.shards[shard].closed_ms = now_ms_;
    const Shard parent = stream_.shards[shard];
    open_child(parent.first_hash, predecessor(new_starting), parent.created_s).parent = shard;
    const HashKey begin = planted(Bug::split_leaves_a_gap) ? successor(new_starting) : new_starting;
    open_child(begin, parent.last_hash, parent.created_s).parent = shard;
}

uint32_t Resharding::join(uint32_t shard, uint32_t adjacent) {
    Shard& first = stream_.shards[shard];
    Shard& second = stream_.shards[adjacent];
    first.closed_ms = second.closed_ms = now_ms_;
    const int64_t above_s = std::max(first.created_s, second.created_s);
    const auto [low, high] = std::pair(std::min(first.first_hash, second.first_hash),
                                       std::max(first.last_hash, second.last_hash));
    Shard& child = open_child(low, high, above_s);
    child.parent = shard;
    child.adjacent_parent = adjacent;
    return child.index;
}

Result<> Resharding::split(uint32_t shard, HashKey new_starting) {
    if (auto open = check_open(shard); !open) return open;
    const Shard& parent = stream_.shards[shard];
    const bool inside = parent.first_hash < hash_key_max &&
                        successor(parent.first_hash) < new_starting &&
                        new_starting < parent.last_hash;
    if (!inside)
        return fail(Code::invalid_argument,
                    concat("NewStartingHashKey ", to_decimal(new_starting),
                           " used in SplitShard() on shard ", shard_name(shard), " in stream ",
                           stream_.name, " under account ", stream_.account,
                           " is not both greater than one plus the shard's StartingHashKey ",
                           to_decimal(parent.first_hash),
                           " and less than the shard's "
                           "EndingHashKey ",
                           to_decimal(parent.last_hash), "."));
    cut(shard, new_starting);
    sort_open_shards(stream_);
    return {};
}

Result<> Resharding::merge(uint32_t shard, uint32_t adjacent) {
    for (const uint32_t each : {shard, adjacent})
        if (auto open = check_open(each); !open) return open;
    const HashKey end = stream_.shards[shard].last_hash;
    const bool neighbours =
        end < hash_key_max && successor(end) == stream_.shards[adjacent].first_hash;
    if (!neighbours)
        return fail(Code::invalid_argument,
                    concat("Shards ", shard_name(shard), " and ", shard_name(adjacent),
                           " in stream ", stream_.name, " under account ", stream_.account,
                           " are not an adjacent pair of shards eligible for merging"));
    join(shard, adjacent);
    sort_open_shards(stream_);
    return {};
}

// Where part `part` of `count` begins; a beginning of today's shards when one lies so near that the
// difference is a matter of rounding.
HashKey Resharding::beginning(uint32_t part, uint32_t count) const {
    const HashKey exact = start_of_part(part, count);
    const Shard& around = stream_.shard_of(exact);
    if (near(around.first_hash, exact)) return around.first_hash;
    if (around.last_hash < hash_key_max && near(exact, successor(around.last_hash)))
        return successor(around.last_hash);
    return exact;
}

void Resharding::resize(uint32_t count) {
    std::vector<HashKey> beginnings{{}};
    for (uint32_t part = 1; part < count; ++part) beginnings.push_back(beginning(part, count));
    for (const HashKey begin : beginnings) {
        const Shard& shard = stream_.shard_of(begin);
        if (shard.first_hash == begin) continue;
        const auto at = std::ranges::find(stream_.open, shard.index);
        cut(shard.index, begin);  // the two children take its place
        *at = stream_.shards.next_index() - 2;
        stream_.open.insert(std::next(at), *at + 1);
    }
    const std::vector<uint32_t> pieces = stream_.open;
    size_t at = 0;
    for (uint32_t part = 0; part < count; ++part) {
        uint32_t whole = pieces[at++];
        while (at < pieces.size() &&
               (part + 1 == count || stream_.shards[pieces[at]].first_hash < beginnings[part + 1]))
            whole = join(whole, pieces[at++]);
    }
    sort_open_shards(stream_);
}

}  // namespace fors::streams
