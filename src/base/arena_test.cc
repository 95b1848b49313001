// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace fors {
namespace {

bool lies_in(const Arena& arena, const std::byte* place) {
    const auto* begin = reinterpret_cast<const std::byte*>(&arena);
    return place >= begin && place < begin + sizeof(arena);
}

TEST(Arena, gives_aligned_places_that_keep_what_was_put_there) {
    Arena arena;
    std::vector<std::string_view> copies;
    for (size_t size = 1; size < 9000; size = size * 3 / 2 + 1)
        copies.push_back(arena.copy(std::string(size, static_cast<char>('a' + copies.size()))));
    for (size_t at = 0; at < copies.size(); ++at) {
        EXPECT_EQ(reinterpret_cast<uintptr_t>(copies[at].data()) % 16, 0U);
        EXPECT_EQ(copies[at], std::string(copies[at].size(), static_cast<char>('a' + at)));
    }
}

TEST(Arena, has_room_for_a_small_request_in_itself) {
    Arena arena;
    EXPECT_TRUE(lies_in(arena, arena.allocate(2000)));
    EXPECT_FALSE(lies_in(arena, arena.allocate(2000)));
    arena.reset();
    std::byte* const kept = arena.allocate(100);  // of the larger block
    EXPECT_FALSE(lies_in(arena, kept));
    arena.allocate(3 << 20);
    arena.reset();  // which is too large to keep
    EXPECT_TRUE(lies_in(arena, arena.allocate(100)));
}

TEST(Arena, takes_back_the_tail_of_the_latest_place) {
    Arena arena;
    std::byte* const first = arena.allocate(1000);
    arena.shrink_last(first, 20);
    EXPECT_EQ(arena.allocate(1), first + 32);
}

}  // namespace
}  // namespace fors
