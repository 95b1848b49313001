// SPDX-License-Identifier: Apache-2.0
// What days do to a stream's shards, in virtual time.
#include <algorithm>

#include <gtest/gtest.h>

#include "base/concat.h"

#include "streams/test_streams.h"

namespace fors::streams {
namespace {

constexpr std::string_view middle_of_first = "85070591730234615865843651857942052864";  // 2^126
constexpr std::string_view middle_of_third = "42535295865117307932921825928971026432";  // 2^125

class Retention : public testing::Test {
protected:
    Retention() {
        CreateStream create;
        create.stream_name = "s";
        create.shard_count = 2;
        EXPECT_TRUE(streams.answer<&Streams::create_stream>(create));
    }

    void put() {
        PutRecord in;
        in.stream_name = "s";
        in.partition_key = "k";
        in.explicit_hash_key = "0";
        in.data = as_bytes(std::string_view("x"));
        ASSERT_TRUE(streams.answer<&Streams::put_record>(in));
    }
    void split(std::string_view shard, std::string_view at) {
        SplitShard in;
        in.stream_name = "s";
        in.shard_to_split = shard;
        in.new_starting_hash_key = at;
        ASSERT_TRUE(streams.answer<&Streams::split_shard>(in));
    }

    // With their parents.
    std::string listed(std::optional<ShardFilter> filter = std::nullopt) {
        ListShards in;
        in.stream_name = "s";
        in.filter = filter;
        std::string ids;
        for (const ShardOut& shard : streams.answer<&Streams::list_shards>(in)->shards) {
            ids += shard.shard_id.back();
            if (shard.parent) ids += concat("(", shard.parent->substr(19), ")");
        }
        return ids;
    }

    // Of GetShardIterator.
    std::optional<Code> fault_of(std::string_view shard) {
        GetShardIterator in;
        in.stream_name = "s";
        in.shard_id = shard;
        in.type = "TRIM_HORIZON";
        const auto found = streams.answer<&Streams::get_shard_iterator>(in);
        return found ? std::nullopt : std::optional(found.error().code);
    }

    // In the first shard.
    size_t records() {
        GetShardIterator where;
        where.stream_name = "s";
        where.shard_id = "shardId-000000000000";
        where.type = "TRIM_HORIZON";
        const std::string iterator(
            streams.answer<&Streams::get_shard_iterator>(where)->shard_iterator);
        GetRecords in;
        in.shard_iterator = iterator;
        return streams.answer<&Streams::get_records>(in)->records.size();
    }

    size_t log_shards() {
        return static_cast<size_t>(std::ranges::count_if(
            streams.log().shards(), [](log::ShardId shard) { return !log::is_reserved(shard); }));
    }

    TestStreams streams{{.limits = false, .sweep_ms = 600'000}};
};

TEST_F(Retention, a_closed_shard_is_listed_for_a_day_and_known_for_an_hour_more) {
    put();
    split("shardId-000000000000", middle_of_first);
    EXPECT_EQ(listed(), "012(0)3(0)");
    streams.world.run_for(24h + 20min);
    EXPECT_EQ(listed(), "12(0)3(0)");
    EXPECT_EQ(fault_of("shardId-000000000000"), std::nullopt);
    EXPECT_EQ(log_shards(), 1u);  // empty, and still there
    streams.world.run_for(30min);
    EXPECT_EQ(fault_of("shardId-000000000000"), std::nullopt);
    streams.world.run_for(50min);
    EXPECT_EQ(fault_of("shardId-000000000000"), Code::not_found);
    EXPECT_EQ(log_shards(), 0u);
    EXPECT_EQ(listed(), "12(0)3(0)");
    split("shardId-000000000002", middle_of_third);
    EXPECT_EQ(listed(), "12(0)3(0)4(2)5(2)");
    put();
    EXPECT_EQ(log_shards(), 1u);
}

TEST_F(Retention, a_shard_is_listed_as_long_as_a_record_is_left_and_its_children_are_known) {
    streams.world.clock().jump(72h);
    put();
    streams.world.clock().jump(-72h);
    split("shardId-000000000000", middle_of_first);
    split("shardId-000000000002", middle_of_third);
    streams.world.run_for(72h + 2h);
    EXPECT_EQ(listed(), "013(0)4(2)5(2)");
    EXPECT_EQ(fault_of("shardId-000000000000"), std::nullopt);
    EXPECT_EQ(fault_of("shardId-000000000002"), std::nullopt);
    streams.world.run_for(24h);
    EXPECT_EQ(fault_of("shardId-000000000000"), Code::not_found);
    EXPECT_EQ(fault_of("shardId-000000000002"), Code::not_found);
    EXPECT_EQ(fault_of("shardId-000000000003"), std::nullopt);
}

TEST_F(Retention, no_jump_of_the_clock_makes_it_forget_at_once) {
    put();
    split("shardId-000000000000", middle_of_first);
    streams.world.clock().jump(240h);
    streams.world.run_for(50min);
    EXPECT_TRUE(streams.service->clock_doubted());
    EXPECT_EQ(log_shards(), 1u);
    streams.world.run_for(30min);  // the leap is believed, the shard is empty
    EXPECT_FALSE(streams.service->clock_doubted());
    EXPECT_EQ(fault_of("shardId-000000000000"), std::nullopt);
    streams.world.run_for(60min);
    EXPECT_EQ(log_shards(), 0u);
}

TEST_F(Retention, a_clock_that_is_years_ahead_for_a_moment_destroys_nothing) {
    put();
    EXPECT_EQ(records(), 1u);
    streams.world.clock().jump(20'000h);
    streams.world.run_for(40min);
    EXPECT_EQ(records(), 0u);
    streams.world.clock().jump(-20'000h);
    EXPECT_EQ(records(), 1u);
    streams.world.run_for(40min);
    EXPECT_EQ(records(), 1u);
}

TEST_F(Retention, filters_tile_the_space_when_it_is_raised_after_shards_are_forgotten) {
    split("shardId-000000000000", middle_of_first);
    streams.world.run_for(26h);
    EXPECT_EQ(fault_of("shardId-000000000000"), Code::not_found);
    SetRetention raise;
    raise.stream_name = "s";
    raise.hours = 168;
    ASSERT_TRUE(streams.answer<&Streams::increase_retention>(raise));
    EXPECT_EQ(listed(ShardFilter{.type = "AT_TRIM_HORIZON"}), "12(0)3(0)");
    const int64_t long_ago_ms = streams.world.clock().wall_ms() - 100 * int64_t{3'600'000};
    EXPECT_EQ(listed(ShardFilter{.type = "AT_TIMESTAMP", .timestamp = Timestamp{long_ago_ms}}),
              "12(0)3(0)");
}

}  // namespace
}  // namespace fors::streams
