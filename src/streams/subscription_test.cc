// SPDX-License-Identifier: Apache-2.0
// What takes seconds and minutes of a subscription's life, in virtual time.
#include <gtest/gtest.h>

#include "streams/test_streams.h"

namespace fors::streams {
namespace {

using Heard = Result<std::optional<core::EventSource::Event>>;

class Subscribed : public testing::Test {
protected:
    explicit Subscribed(Options options = {.limits = false}) : streams(options) {
        CreateStream create;
        create.stream_name = "s";
        create.shard_count = 1;
        create.max_record_kib = 10'240;
        EXPECT_TRUE(streams.answer<&Streams::create_stream>(create));
        streams.world.run_for(1s);
        const std::string stream = "arn:aws:kinesis:us-east-1:000000000000:stream/s";
        RegisterStreamConsumer consumer;
        consumer.stream_arn = stream;
        consumer.consumer_name = "app";
        const auto registered = streams.answer<&Streams::register_consumer>(consumer);
        EXPECT_TRUE(registered);
        consumer_arn = std::string(registered->consumer.arn);
        streams.world.run_for(1s);
    }

    Result<core::Events> subscribe(std::string_view type = "TRIM_HORIZON") {
        SubscribeToShard in;
        in.consumer_arn = consumer_arn;
        in.shard_id = "shardId-000000000000";
        in.starting_position = StartingPosition{.type = type};
        return streams.answer<&Streams::subscribe_to_shard>(in);
    }

    std::shared_ptr<std::optional<Heard>> listen(const core::Events& events) {
        return streams.start<Heard>([events] { return events->next(); });
    }
    Heard hear(const core::Events& events) {
        return streams.run<Heard>([events] { return events->next(); });
    }
    static const SubscribeToShardEvent& event(const Heard& heard) {
        return *static_cast<const SubscribeToShardEvent*>((*heard)->value);
    }

    void put(size_t bytes = 4) {
        const std::string data(bytes, 'x');
        PutRecord in;
        in.stream_name = "s";
        in.partition_key = "k";
        in.data = as_bytes(std::string_view(data));
        ASSERT_TRUE(streams.answer<&Streams::put_record>(in));
    }

    TestStreams streams;
    std::string consumer_arn;
};

TEST_F(Subscribed, a_subscription_to_a_shard_that_is_forgotten_ends) {
    SplitShard split;
    split.stream_name = "s";
    split.shard_to_split = "shardId-000000000000";
    split.new_starting_hash_key = "1000";
    ASSERT_TRUE(streams.answer<&Streams::split_shard>(split));
    streams.world.run_for(24h + 59min + 30s);
    const auto events = *subscribe();
    streams.world.run_for(1min);
    auto heard = hear(events);
    ASSERT_FALSE(heard);
    EXPECT_EQ(heard.error().code, Code::not_found);
}

// The SDK for Go loses the connection otherwise.
TEST_F(Subscribed, the_answer_leaves_the_client_time_to_end_its_write) {
    const auto began = streams.world.now();
    ASSERT_TRUE(subscribe());
    EXPECT_GE(streams.world.now() - began, 5ms);
}

TEST_F(Subscribed, a_consumer_that_goes_meanwhile_gets_no_seat) {
    SubscribeToShard in;
    in.consumer_arn = consumer_arn;
    in.shard_id = "shardId-000000000000";
    in.starting_position = StartingPosition{.type = "LATEST"};
    streams.context.now_ms = streams.world.clock().wall_ms();
    const auto subscribing = streams.start<Result<core::Events>>(
        [&] { return streams.service->subscribe_to_shard(streams.context, in); });
    streams.world.run_for(1ms);
    ASSERT_FALSE(*subscribing);
    DeregisterStreamConsumer out;
    out.consumer_arn = consumer_arn;
    ASSERT_TRUE(streams.answer<&Streams::deregister_consumer>(out));
    streams.world.run_for(1s);
    ASSERT_TRUE(*subscribing);
    ASSERT_FALSE(**subscribing);
    EXPECT_EQ((**subscribing).error().code, Code::not_found);
}

TEST_F(Subscribed, an_idle_shard_is_heard_of_every_five_seconds) {
    const core::Events events = *subscribe();
    const auto began = streams.world.now();
    std::string before;
    for (int each = 0; each < 4; ++each) {
        const Heard heard = hear(events);
        ASSERT_TRUE(heard && *heard);
        EXPECT_EQ(std::chrono::floor<std::chrono::milliseconds>(streams.world.now() - began),
                  each * 5s);
        EXPECT_TRUE(event(heard).records.empty());
        EXPECT_EQ(event(heard).millis_behind_latest, 0);
        EXPECT_NE(*event(heard).continuation, before);
        before = *event(heard).continuation;
    }
}

TEST_F(Subscribed, a_record_is_pushed_at_once) {
    const core::Events events = *subscribe("LATEST");
    (void)hear(events);
    const auto next = listen(events);
    streams.world.run_for(1s);
    ASSERT_FALSE(next->has_value());
    const auto began = streams.world.now();
    put();
    ASSERT_TRUE(streams.world.run_until([&] { return next->has_value(); }, 1s));
    EXPECT_LT(streams.world.now() - began, 1ms);
    EXPECT_EQ(event(**next).records.size(), 1);
}

TEST_F(Subscribed, after_five_minutes_the_stream_of_events_ends) {
    const core::Events events = *subscribe();
    const auto began = streams.world.now();
    size_t count = 0;
    for (Heard heard = hear(events); heard && *heard; heard = hear(events)) ++count;
    EXPECT_EQ(streams.world.now() - began, 5min);
    EXPECT_EQ(count, 60);
}

TEST_F(Subscribed, once_cancelled_a_waiting_subscription_gives_nothing) {
    const core::Events events = *subscribe();
    (void)hear(events);
    const auto next = listen(events);
    streams.world.run_for(100ms);
    events->cancel();
    ASSERT_TRUE(next->has_value());
    EXPECT_TRUE(**next && !***next);
}

// A subscriber that comes back again and again to an idle shard leaves nothing behind.
TEST_F(Subscribed, the_next_subscription_hears_what_the_last_one_waited_for) {
    {
        const core::Events gone = *subscribe();
        (void)hear(gone);
        const auto next = listen(gone);
        streams.world.run_for(1s);
        gone->cancel();
    }
    const core::Events events = *subscribe("LATEST");
    (void)hear(events);
    const auto next = listen(events);
    put();
    ASSERT_TRUE(streams.world.run_until([&] { return next->has_value(); }, 1s));
    EXPECT_EQ(event(**next).records.size(), 1);
}

class SubscribedUnderLimits : public Subscribed {
protected:
    SubscribedUnderLimits() : Subscribed({.limits = true}) {}
};

TEST_F(SubscribedUnderLimits, two_megabytes_a_second_and_no_other_reader_counts) {
    for (int each = 0; each < 20; ++each) {
        put(1'000'000);
        streams.world.run_for(1s);
    }
    const core::Events events = *subscribe();
    const auto began = streams.world.now();
    size_t bytes = 0;
    while (bytes < 20'000'000) {
        const Heard heard = hear(events);
        ASSERT_TRUE(heard && *heard);
        for (const RecordOut& record : event(heard).records) bytes += record.data.size();
        // The last event is known to be behind, or at the tip.
        EXPECT_EQ(event(heard).millis_behind_latest == 0, bytes >= 20'000'000);
    }
    const auto took = streams.world.now() - began;
    EXPECT_GT(took, 8s);  // 20 MB less a second's burst
    EXPECT_LT(took, 10s);
}

TEST_F(SubscribedUnderLimits, a_seat_is_kept_for_five_seconds_and_then_taken_over) {
    const core::Events first = *subscribe();
    (void)hear(first);
    streams.world.run_for(4900ms);
    const auto early = subscribe();
    ASSERT_FALSE(early);
    EXPECT_EQ(early.error().code, Code::in_use);
    const auto next = listen(first);
    streams.world.run_for(1s);
    ASSERT_TRUE(subscribe());
    ASSERT_TRUE(streams.world.run_until([&] { return next->has_value(); }, 1s));
    const Heard end = next->value() && *next->value() ? hear(first) : **next;
    ASSERT_FALSE(end);
    EXPECT_EQ(end.error().code, Code::in_use);
}

}  // namespace
}  // namespace fors::streams
