// SPDX-License-Identifier: Apache-2.0
// A shard's text goes from its id to the next shard's.
#include "shard_map.h"

#include <algorithm>

#include "simulated_client.h"

namespace fors::test {

std::vector<ListedShard> listed_shards(const std::string& answer) {
    constexpr std::string_view marker = "{\"ShardId\"";
    std::vector<ListedShard> shards;
    for (size_t at = answer.find(marker); at != std::string::npos;) {
        const size_t next = answer.find(marker, at + 1);
        const std::string text = answer.substr(at, next - at);
        ListedShard& shard = shards.emplace_back();
        shard.id = texts_of(text, "ShardId").at(0);
        shard.first = *parse_hash_key(texts_of(text, "StartingHashKey").at(0));
        shard.last = *parse_hash_key(texts_of(text, "EndingHashKey").at(0));
        shard.closed = text.contains("EndingSequenceNumber");
        for (const char* name : {"ParentShardId", "AdjacentParentShardId"})
            for (const std::string& parent : texts_of(text, name)) shard.parents.push_back(parent);
        at = next;
    }
    return shards;
}

bool tile_the_space(std::vector<ListedShard> shards) {
    std::ranges::sort(shards, {}, &ListedShard::first);
    if (shards.empty() || shards.front().first != HashKey{}) return false;
    for (size_t at = 1; at < shards.size(); ++at)
        if (shards[at - 1].last == hash_key_max ||
            shards[at].first != successor(shards[at - 1].last))
            return false;
    return shards.back().last == hash_key_max;
}

}  // namespace fors::test
