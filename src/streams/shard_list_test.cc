// SPDX-License-Identifier: Apache-2.0
#include "streams/shard_list.h"

#include <gtest/gtest.h>

namespace fors::streams {
namespace {

std::vector<uint32_t> indexes(auto&& shards) {
    std::vector<uint32_t> found;
    for (const Shard& shard : shards) found.push_back(shard.index);
    return found;
}

using Indexes = std::vector<uint32_t>;

TEST(ShardList, finds_shards_before_and_behind_gaps) {
    ShardList list;
    EXPECT_FALSE(list.find(0));
    EXPECT_TRUE(list.from(0).empty());
    for (uint32_t index = 0; index < 10; ++index) list.add({.index = index});
    EXPECT_EQ(list[7].index, 7u);
    const Indexes gone{0, 1, 4, 6};
    list.forget_if(
        [&](const Shard& shard) { return std::ranges::binary_search(gone, shard.index); });
    EXPECT_EQ(indexes(list), (Indexes{2, 3, 5, 7, 8, 9}));
    for (uint64_t index = 0; index < 12; ++index) {
        const Shard* found = list.find(index);
        EXPECT_EQ(found != nullptr, index < 10 && !std::ranges::binary_search(gone, index))
            << index;
        if (found) EXPECT_EQ(found->index, index);
    }
    EXPECT_EQ(indexes(list.from(0)), indexes(list));
    EXPECT_EQ(indexes(list.from(4)), (Indexes{5, 7, 8, 9}));
    EXPECT_EQ(indexes(list.from(9)), (Indexes{9}));
    EXPECT_TRUE(list.from(10).empty());
    EXPECT_TRUE(list.from(~uint64_t{0}).empty());
}

TEST(ShardList, gives_no_index_again) {
    ShardList list;
    list.add({.index = 3});  // as a list with gaps is made again
    list.add({.index = 5});
    EXPECT_EQ(list.next_index(), 6u);
    list.forget_if([](const Shard& shard) { return shard.index == 3; });
    EXPECT_EQ(list.add({.index = list.next_index()}).index, 6u);
    EXPECT_EQ(indexes(list), (Indexes{5, 6}));
}

}  // namespace
}  // namespace fors::streams
