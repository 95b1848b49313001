// SPDX-License-Identifier: Apache-2.0
#include "journal/batch_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace fors::journal {
namespace {

constexpr size_t large = 512 << 10;

// A batch of so many bytes, all alike, as it is built, and closed.
AlignedBytes built(BatchMemory& memory, size_t expected, size_t bytes, int filling) {
    AlignedBytes batch = memory.open(expected);
    std::memset(batch.extend(bytes), filling, bytes);
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
    const AlignedBytes first = built(memory, large, large, 1);
    const AlignedBytes second = built(memory, 4096, 4096, 2);
    EXPECT_TRUE(second.data() < first.data() || second.data() >= first.data() + (8 << 20));
    EXPECT_TRUE(is_all(first, 1) && is_all(second, 2));
}

}  // namespace
}  // namespace fors::journal
