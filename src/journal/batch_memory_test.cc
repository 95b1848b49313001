// SPDX-License-Identifier: Apache-2.0
#include "journal/batch_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

namespace fors::journal {
namespace {

constexpr size_t large = 512 << 10;

// A batch of so many bytes, all alike, as it is built, and closed.
AlignedBytes built(BatchMemory& memory, size_t expected, size_t bytes, int filling) {
    AlignedBytes batch = memory.open(expected);
    std::memset(batch.extend(bytes), filling, bytes);
    batch.shrink_to_fit();
    memory.close(batch);
    return batch;
}

bool is_all(const AlignedBytes& batch, int filling) {
    return std::ranges::all_of(
        Bytes(batch), [&](std::byte each) { return each == static_cast<std::byte>(filling); });
}

TEST(BatchMemory, LargeOnesLieBehindOneAnother) {
    BatchMemory memory;
    const AlignedBytes first = built(memory, large, large, 1);
    const AlignedBytes second = built(memory, large, 2 * large, 2);
    const AlignedBytes third = built(memory, large, large, 3);
    EXPECT_EQ(second.data(), first.data() + large);
    EXPECT_EQ(third.data(), second.data() + 2 * large);
    EXPECT_TRUE(is_all(first, 1) && is_all(second, 2) && is_all(third, 3));
}

TEST(BatchMemory, OneThatOutgrowsItsBlockMovesAndLeavesItsPlace) {
    BatchMemory memory;
    const AlignedBytes first = built(memory, large, large, 1);
    AlignedBytes second = memory.open(large);
    std::memset(second.extend(large), 2, large);
    std::memset(second.extend(16 << 20), 2, 16 << 20);
    memory.close(second);
    const AlignedBytes third = built(memory, large, large, 3);
    EXPECT_EQ(third.data(), first.data() + large);
    EXPECT_TRUE(is_all(first, 1) && is_all(second, 2) && is_all(third, 3));
}

TEST(BatchMemory, ABlockThatIsFullLivesAsLongAsItsBatches) {
    std::vector<AlignedBytes> batches;
    {
        BatchMemory memory;
        for (int number = 0; number < 40; ++number)
            batches.push_back(built(memory, large, large, number));
    }
    for (int number = 0; number < 40; ++number)
        EXPECT_TRUE(is_all(batches[static_cast<size_t>(number)], number)) << number;
}

TEST(BatchMemory, SmallOnesHaveMemoryOfTheirOwn) {
    BatchMemory memory;
    for (const size_t bytes : {size_t{4096}, size_t{4096}, large}) {
        const AlignedBytes batch = built(memory, 4096, bytes, 1);
        EXPECT_FALSE(batch.lent());
        EXPECT_TRUE(is_all(batch, 1));
    }
}

// A small one that had the block would keep all of it.
TEST(BatchMemory, LargeAndSmallInTurnTheLargeOnesShareABlockAndNoSmallOneIsInIt) {
    BatchMemory memory;
    std::vector<AlignedBytes> batches;
    size_t expected = large;
    for (int number = 0; number < 8; ++number) {
        const size_t bytes = number % 2 == 0 ? large : 4096;
        batches.push_back(built(memory, std::exchange(expected, bytes), bytes, number));
    }
    for (size_t at = 0; at < batches.size(); ++at) {
        EXPECT_EQ(batches[at].lent(), at % 2 == 0) << at;
        EXPECT_TRUE(is_all(batches[at], static_cast<int>(at))) << at;
    }
    for (size_t at = 2; at < batches.size(); at += 2)
        EXPECT_EQ(batches[at].data(), batches[at - 2].data() + large) << at;
}

}  // namespace
}  // namespace fors::journal
