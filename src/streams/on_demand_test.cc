// SPDX-License-Identifier: Apache-2.0
// On-demand streams grow and shrink, in virtual time.
#include "streams/on_demand.h"

#include <gtest/gtest.h>

#include "streams/test_streams.h"

namespace fors::streams {
namespace {

class OnDemand : public testing::Test {
protected:
    OnDemand() {
        CreateStream create;
        create.stream_name = "s";
        EXPECT_TRUE(streams.answer<&Streams::create_stream>(create));
    }

    int open_shards() {
        DescribeStreamSummary in;
        in.stream_name = "s";
        const auto answer = streams.answer<&Streams::describe_stream_summary>(in);
        EXPECT_EQ(answer->summary.status, "ACTIVE");
        return answer->summary.open_shards;
    }

    // For `duration`, so many records each second, over `keys` partition keys.
    void load(std::chrono::seconds duration, size_t records, size_t keys) {
        std::vector<std::string> names;
        for (size_t at = 0; at < keys; ++at) names.push_back("key-" + std::to_string(at));
        const auto began = streams.world.now();
        for (auto second = 1s; second <= duration; ++second) {
            for (size_t left = records; left > 0;) {
                PutRecords in;
                in.stream_name = "s";
                in.records.emplace();
                for (; left > 0 && in.records->size() < 500; --left) {
                    PutRecordsEntry& entry = in.records->emplace_back();
                    entry.data = as_bytes(std::string_view("x"));
                    entry.partition_key = names[left % keys];
                }
                ASSERT_TRUE(streams.answer<&Streams::put_records>(in));
            }
            streams.world.run_for(began + second - streams.world.now());
        }
    }

    TestStreams streams;
};

TEST_F(OnDemand, a_stream_begins_with_four_shards_and_keeps_them_under_little_load) {
    EXPECT_EQ(open_shards(), 4);
    load(180s, 1500, 100);  // 2 x 1,500 records a second: less than four shards' 4,000
    EXPECT_EQ(open_shards(), 4);
}

TEST_F(OnDemand, it_has_room_for_twice_its_peak) {
    load(180s, 1900, 1000);
    EXPECT_EQ(open_shards(), 4);
    load(180s, 3100, 1000);
    EXPECT_GE(open_shards(), 7);  // 2 x 3,100
    EXPECT_LE(open_shards(), 8);  // and those that were hotter than half
}

TEST_F(OnDemand, a_hot_shard_is_split_wherever_the_total_stands) {
    load(62s, 700, 1);
    EXPECT_EQ(open_shards(), 5);
}

TEST_F(OnDemand, a_hot_key_does_not_split_its_shard_for_ever) {
    load(3600s, 700, 1);
    ListShards in;
    in.stream_name = "s";
    const size_t after_an_hour = streams.answer<&Streams::list_shards>(in)->shards.size();
    EXPECT_LT(after_an_hour, 40);
    load(1200s, 700, 1);
    EXPECT_EQ(streams.answer<&Streams::list_shards>(in)->shards.size(), after_an_hour);
}

TEST_F(OnDemand, it_shrinks_when_the_peak_is_thirty_days_ago) {
    load(120s, 3100, 1000);
    EXPECT_GE(open_shards(), 7);
    streams.world.run_for(29 * 24h);
    EXPECT_EQ(open_shards(), 7);
    streams.world.run_for(2 * 24h);
    EXPECT_EQ(open_shards(), 4);
    load(120s, 3100, 1000);
    EXPECT_GE(open_shards(), 7);
}

TEST_F(OnDemand, what_was_provisioned_is_kept_at_first) {
    const std::string arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
    const auto switch_to = [&](std::string_view mode) {
        UpdateStreamMode in;
        in.stream_arn = arn;
        in.mode = StreamModeDetails{mode};
        ASSERT_TRUE(streams.answer<&Streams::update_mode>(in));
    };
    switch_to("PROVISIONED");
    UpdateShardCount resize;
    resize.stream_name = "s";
    resize.target = 9;
    resize.scaling_type = "UNIFORM_SCALING";
    ASSERT_TRUE(streams.answer<&Streams::update_shard_count>(resize));
    switch_to("ON_DEMAND");
    streams.world.run_for(24h);
    EXPECT_EQ(open_shards(), 9);
    streams.world.run_for(31 * 24h);
    EXPECT_EQ(open_shards(), 4);
}

TEST_F(OnDemand, a_stream_that_becomes_provisioned_is_left_alone_from_then_on) {
    const auto switch_to = [&](std::string_view mode) {
        UpdateStreamMode in;
        in.stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
        in.mode = StreamModeDetails{mode};
        return streams.answer<&Streams::update_mode>(in).has_value();
    };
    ASSERT_TRUE(switch_to("PROVISIONED"));
    UpdateShardCount resize;
    resize.stream_name = "s";
    resize.target = 40;
    resize.scaling_type = "UNIFORM_SCALING";
    ASSERT_TRUE(streams.answer<&Streams::update_shard_count>(resize));
    ASSERT_TRUE(switch_to("ON_DEMAND"));
    streams.world.run_for(29 * 24h);
    while (open_shards() == 40) streams.world.run_for(1ms);  // it has begun to shrink
    while (!switch_to("PROVISIONED")) streams.world.run_for(1ms);
    const auto left = open_shards();
    EXPECT_GT(left, 20);
    streams.world.run_for(1h);
    EXPECT_GE(open_shards(), left - 1);  // a step that was under way
}

TEST_F(OnDemand, a_commitment_ends_a_day_after_it_began) {
    const auto commit = [&](std::string_view status) {
        UpdateAccountSettings in;
        in.commitment = CommitmentIn{status};
        const auto answer = streams.answer<&Streams::update_account>(in);
        return answer ? std::string(answer->commitment->status) : answer.error().message;
    };
    const auto status = [&] {
        const auto answer = streams.answer<&Streams::describe_account>(DescribeAccountSettings{});
        return std::string(answer->commitment->status);
    };
    EXPECT_EQ(commit("ENABLED"), "ENABLED");
    streams.world.run_for(23h);
    EXPECT_EQ(commit("DISABLED"), "ENABLED_UNTIL_EARLIEST_ALLOWED_END");
    streams.world.run_for(30min);
    EXPECT_EQ(status(), "ENABLED_UNTIL_EARLIEST_ALLOWED_END");
    streams.world.run_for(31min);
    EXPECT_EQ(status(), "DISABLED");
    EXPECT_EQ(commit("ENABLED"), "ENABLED");
    streams.world.run_for(25h);
    EXPECT_EQ(commit("DISABLED"), "DISABLED");
}

}  // namespace
}  // namespace fors::streams
