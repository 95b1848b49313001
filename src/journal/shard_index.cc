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

uint64_t ShardIndex::bytes_behind(const BlockRef& block, uint64_t most) const {
    uint64_t bytes = 0;
    for (size_t at = block_at(block.entry.first_sequence) + 1; at < blocks.size(); ++at) {
        if (blocks[at].chunk != block.chunk || bytes >= most) break;
        bytes += blocks[at].entry.bytes;
    }
    return bytes;
}

size_t ShardIndex::run_at(uint64_t sequence) const {
    const auto at = std::ranges::upper_bound(
        tail, sequence, {}, [](const TailRun& run) { return run.next_sequence(); });
    return static_cast<size_t>(at - tail.begin());
}

}  // namespace fors::journal
