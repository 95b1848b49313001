// SPDX-License-Identifier: Apache-2.0
// Binary searches: blocks and runs lie in the order of their sequences.
#include "journal/shard_index.h"

#include <algorithm>

namespace fors::journal {

size_t ShardIndex::block_at(uint64_t sequence) const {
    const auto at = std::ranges::upper_bound(
        blocks, sequence, {}, [](const BlockRef& block) { return block.entry.next_sequence; });
    return static_cast<size_t>(at - blocks.begin());
}

std::vector<Stretch> ShardIndex::ahead_of(const BlockRef& block, uint64_t bytes) {
    const uint64_t begin = block.entry.first_sequence;
    if (begin < announced_from_ || begin > announced_to_) announced_to_ = 0;  // another reader
    announced_from_ = begin;
    std::vector<Stretch> stretches;
    uint64_t seen = 0;
    for (size_t at = block_at(begin) + 1; at < blocks.size() && seen < bytes; ++at) {
        const BlockEntry& entry = blocks[at].entry;
        seen += entry.bytes;
        if (entry.first_sequence < announced_to_) continue;
        announced_to_ = entry.next_sequence;
        const bool joins = !stretches.empty() && stretches.back().chunk == blocks[at].chunk;
        if (joins)
            stretches.back().bytes += entry.bytes;
        else
            stretches.push_back({blocks[at].chunk, entry.offset, entry.bytes});
    }
    return stretches;
}

size_t ShardIndex::run_at(uint64_t sequence) const {
    const auto at = std::ranges::upper_bound(
        tail, sequence, {}, [](const TailRun& run) { return run.next_sequence(); });
    return static_cast<size_t>(at - tail.begin());
}

}  // namespace fors::journal
