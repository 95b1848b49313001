// SPDX-License-Identifier: Apache-2.0
// The graph that splits and merges make: it tiles the hash space at every instant, and every child
// has one parent or two that were neighbours.
#include "streams/resharding.h"

#include <gtest/gtest.h>

namespace fors::streams {
namespace {

constexpr int64_t start_ms = 1'700'000'000'000;

class ReshardingTest : public ::testing::Test {
protected:
    void make(uint32_t count) {
        stream = {.account = "000000000000", .region = "us-east-1", .name = "s"};
        for (uint32_t at = 0; at < count; ++at)
            stream.shards.add({.index = at,
                               .log_id = {next_log++},
                               .first_hash = start_of_part(at, count),
                               .last_hash = at + 1 < count
                                                ? predecessor(start_of_part(at + 1, count))
                                                : hash_key_max,
                               .created_s = start_ms / 1000,
                               .opened_ms = start_ms});
        sort_open_shards(stream);
    }
    Resharding at(int64_t ms) { return {stream, ms, ms, next_log}; }

    void expect_tiling() {
        HashKey next{};
        for (size_t each = 0; each < stream.open.size(); ++each) {
            const Shard& shard = stream.shards[stream.open[each]];
            EXPECT_EQ(shard.first_hash, next);
            EXPECT_LE(shard.first_hash, shard.last_hash);
            EXPECT_EQ(&stream.shard_of(shard.first_hash), &shard);
            EXPECT_EQ(&stream.shard_of(shard.last_hash), &shard);
            if (shard.last_hash < hash_key_max) next = successor(shard.last_hash);
        }
        EXPECT_EQ(stream.shards[stream.open.back()].last_hash, hash_key_max);
    }
    void expect_lineage() {
        for (const Shard& shard : stream.shards) {
            if (!shard.parent) continue;
            const Shard& parent = stream.shards[*shard.parent];
            EXPECT_TRUE(parent.closed_ms);
            EXPECT_GT(shard.created_s, parent.created_s);
            if (!shard.adjacent_parent) {
                EXPECT_LE(parent.first_hash, shard.first_hash);
                EXPECT_GE(parent.last_hash, shard.last_hash);
                continue;
            }
            const Shard& other = stream.shards[*shard.adjacent_parent];
            EXPECT_TRUE(other.closed_ms);
            EXPECT_GT(shard.created_s, other.created_s);
            EXPECT_EQ(successor(parent.last_hash), other.first_hash);
            EXPECT_EQ(shard.first_hash, parent.first_hash);
            EXPECT_EQ(shard.last_hash, other.last_hash);
        }
    }

    Stream stream;
    uint32_t next_log = 1;
};

TEST_F(ReshardingTest, a_split_gives_the_lower_child_the_next_id) {
    make(2);
    const HashKey middle{uint64_t{1} << 62, 0};
    ASSERT_TRUE(at(start_ms).split(0, middle));
    ASSERT_EQ(stream.shards.size(), 4U);
    EXPECT_EQ(stream.shards[0].closed_ms, start_ms);
    EXPECT_EQ(stream.shards[2].last_hash, predecessor(middle));
    EXPECT_EQ(stream.shards[3].first_hash, middle);
    EXPECT_EQ(stream.shards[2].parent, 0U);
    EXPECT_EQ(stream.shards[3].parent, 0U);
    EXPECT_FALSE(stream.shards[2].adjacent_parent);
    expect_tiling();
    expect_lineage();
    EXPECT_EQ(at(start_ms).split(0, middle).error().code, Code::invalid_argument);
    EXPECT_EQ(at(start_ms).split(9, middle).error().code, Code::not_found);
}

TEST_F(ReshardingTest, a_split_needs_room_on_both_sides) {
    make(1);
    const auto code = [&](HashKey key) {
        auto done = at(start_ms).split(0, key);
        return done ? std::nullopt : std::optional(done.error().code);
    };
    EXPECT_EQ(code({0, 0}), Code::invalid_argument);
    EXPECT_EQ(code({0, 1}), Code::invalid_argument);
    EXPECT_EQ(code(hash_key_max), Code::invalid_argument);
    EXPECT_EQ(code({0, 2}), std::nullopt);
    expect_tiling();
}

TEST_F(ReshardingTest, a_merge_wants_neighbours_in_their_order) {
    make(4);
    EXPECT_EQ(at(start_ms).merge(0, 2).error().code, Code::invalid_argument);
    EXPECT_EQ(at(start_ms).merge(1, 0).error().code, Code::invalid_argument);
    ASSERT_TRUE(at(start_ms).merge(1, 2));
    EXPECT_EQ(stream.shards[4].parent, 1U);
    EXPECT_EQ(stream.shards[4].adjacent_parent, 2U);
    expect_tiling();
    expect_lineage();
}

TEST_F(ReshardingTest, resizing_ends_in_equal_shards_by_a_legal_graph) {
    for (uint32_t from = 1; from <= 12; ++from)
        for (uint32_t to = 1; to <= 24; ++to) {
            make(from);
            at(start_ms).resize(to);
            SCOPED_TRACE(std::to_string(from) + " to " + std::to_string(to));
            ASSERT_EQ(stream.open.size(), to);
            for (uint32_t part = 0; part < to; ++part) {
                const HashKey begin = stream.shards[stream.open[part]].first_hash;
                // But for rounding.
                EXPECT_LE(begin.high - start_of_part(part, to).high + 1, 2U);
            }
            expect_tiling();
            expect_lineage();
            if (to == 2 * from) {
                EXPECT_EQ(stream.shards.size(), from + to);  // each split once
            }
        }
}

}  // namespace
}  // namespace fors::streams
