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

size_t ShardIndex::run_at(uint64_t sequence) const {
    const auto at = std::ranges::upper_bound(
        tail, sequence, {}, [](const TailRun& run) { return run.next_sequence(); });
    return static_cast<size_t>(at - tail.begin());
}

}  // namespace fors::journal
