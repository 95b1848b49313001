// SPDX-License-Identifier: Apache-2.0
// What only time brings about, in virtual time: retention, expiry of iterators, the refilling of
// throttles.
#include <gtest/gtest.h>

#include "simulated_client.h"
#include "simulated_server.h"

// Abandoned servers leave their coroutine frames behind.
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace fors::test {
namespace {

using namespace std::chrono_literals;

class TimeTest : public ::testing::Test {
protected:
    void start(streams::Options options) {
        server_ = new SimulatedServer(world_, disk_, network_,
                                      {.streams = options});  // abandoned at the end
        server_->start();
        EXPECT_EQ(call("CreateStream", R"({"StreamName":"s","ShardCount":1})").status, 200);
        world_.run_for(1s);
    }

    SimulatedClient::Answer call(std::string operation, std::string body) {
        auto answer = std::make_shared<std::optional<SimulatedClient::Answer>>();
        client_.executor().post([this, answer, operation, body] {
            env::spawn(keep(client_.call(operation, body), answer));
        });
        EXPECT_TRUE(world_.run_until([&] { return answer->has_value(); }, 60s)) << operation;
        return answer->value_or(SimulatedClient::Answer{});
    }

    SimulatedClient::Answer put(const std::string& text, int count = 1) {
        std::string body = R"({"StreamName":"s","Records":[)";
        for (int at = 0; at < count; ++at)
            body +=
                std::string(at > 0 ? "," : "") + R"({"PartitionKey":"k","Data":")" + text + R"("})";
        return call("PutRecords", body + "]}");
    }
    std::string iterator(const std::string& more) {
        const auto answer =
            call("GetShardIterator",
                 R"({"StreamName":"s","ShardId":"shardId-000000000000",)" + more + "}");
        const auto texts = texts_of(answer.body, "ShardIterator");
        return texts.empty() ? answer.body : texts[0];
    }
    SimulatedClient::Answer get(const std::string& iterator) {
        return call("GetRecords", R"({"ShardIterator":")" + iterator + R"("})");
    }
    std::vector<std::string> read_all() {
        const auto answer = get(iterator(R"("ShardIteratorType":"TRIM_HORIZON")"));
        EXPECT_EQ(answer.status, 200) << answer.body;
        return texts_of(answer.body, "Data");
    }

    sim::World world_{1};
    sim::Disk disk_{world_, {}};
    sim::Network network_{world_, {}};
    SimulatedClient client_{world_, network_, world_.make_process()};
    SimulatedServer* server_ = nullptr;

private:
    static env::Task<void> keep(env::Task<std::optional<SimulatedClient::Answer>> task,
                                std::shared_ptr<std::optional<SimulatedClient::Answer>> to) {
        *to = co_await std::move(task);
    }
};

TEST_F(TimeTest, records_are_gone_when_their_retention_is_over) {
    start({.limits = false});
    put("b2xk");
    world_.run_for(23h + 59min);
    put("bmV3");
    EXPECT_EQ(read_all(), (std::vector<std::string>{"b2xk", "bmV3"}));
    world_.run_for(2min);
    EXPECT_EQ(read_all(), std::vector<std::string>{"bmV3"});
    world_.run_for(24h);
    EXPECT_TRUE(read_all().empty());
}

TEST_F(TimeTest, a_longer_retention_keeps_what_it_finds) {
    start({.limits = false});
    put("b2xk");
    world_.run_for(23h);
    EXPECT_EQ(
        call("IncreaseStreamRetentionPeriod", R"({"StreamName":"s","RetentionPeriodHours":48})")
            .status,
        200);
    world_.run_for(24h);
    EXPECT_EQ(read_all(), std::vector<std::string>{"b2xk"});
    EXPECT_EQ(
        call("DecreaseStreamRetentionPeriod", R"({"StreamName":"s","RetentionPeriodHours":24})")
            .status,
        200);
    world_.run_for(1s);
    EXPECT_TRUE(read_all().empty());
}

TEST_F(TimeTest, an_iterator_lives_for_five_minutes) {
    start({.limits = false});
    put("b25l");
    const std::string early = iterator(R"("ShardIteratorType":"TRIM_HORIZON")");
    world_.run_for(4min + 55s);
    EXPECT_EQ(get(early).status, 200);
    world_.run_for(10s);
    const auto expired = get(early);
    EXPECT_EQ(expired.status, 400);
    EXPECT_NE(expired.body.find("ExpiredIteratorException"), std::string::npos) << expired.body;
}

TEST_F(TimeTest, a_clock_set_back_takes_nothing_away) {
    start({.limits = true});
    put("b25l");
    world_.clock().jump(-10min);
    EXPECT_EQ(put("dHdv").status, 200);
    EXPECT_EQ(read_all(), (std::vector<std::string>{"b25l", "dHdv"}));
    EXPECT_EQ(call("ListShards", R"({"StreamName":"s"})").status, 200);
}

TEST_F(TimeTest, a_shard_takes_a_thousand_records_a_second) {
    start({.limits = true});
    world_.run_for(10s);
    const auto refused = [&](int count) {
        const auto answer = put("eA==", count);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return texts_of(answer.body, "ErrorCode").size();
    };
    EXPECT_EQ(refused(500), 0U);
    EXPECT_EQ(refused(500), 0U);
    EXPECT_GT(refused(500), 400U);
    world_.run_for(1s);
    EXPECT_EQ(refused(500), 0U);
}

// Operation, what it is given beside its stream, calls a second.
struct Rated {
    const char* operation;
    const char* body;
    int calls;
};
const auto rated = std::to_array<Rated>({
    {"AddTagsToStream", R"({"StreamName":"s","Tags":{"a":"b"}})", 5},
    {"CreateStream", R"({"StreamName":"s","ShardCount":1})", 5},
    {"DecreaseStreamRetentionPeriod", R"({"StreamName":"s","RetentionPeriodHours":24})", 5},
    {"DeleteResourcePolicy", R"({"ResourceARN":"$arn"})", 5},
    {"DeregisterStreamConsumer", R"({"StreamARN":"$arn","ConsumerName":"c"})", 5},
    {"DescribeAccountSettings", "{}", 5},
    {"DescribeLimits", "{}", 1},
    {"DescribeStream", R"({"StreamName":"s"})", 10},
    {"DescribeStreamConsumer", R"({"StreamARN":"$arn","ConsumerName":"c"})", 20},
    {"DescribeStreamSummary", R"({"StreamName":"s"})", 20},
    {"DisableEnhancedMonitoring", R"({"StreamName":"s","ShardLevelMetrics":["ALL"]})", 5},
    {"EnableEnhancedMonitoring", R"({"StreamName":"s","ShardLevelMetrics":["ALL"]})", 5},
    {"GetResourcePolicy", R"({"ResourceARN":"$arn"})", 5},
    {"IncreaseStreamRetentionPeriod", R"({"StreamName":"s","RetentionPeriodHours":24})", 5},
    {"ListStreamConsumers", R"({"StreamARN":"$arn"})", 5},
    {"ListStreams", "{}", 5},
    {"ListTagsForStream", R"({"StreamName":"s"})", 5},
    {"MergeShards",
     R"({"StreamName":"s","ShardToMerge":"shardId-1","AdjacentShardToMerge":"shardId-2"})", 5},
    {"PutResourcePolicy", R"({"ResourceARN":"$arn","Policy":"$policy"})", 5},
    {"RegisterStreamConsumer", R"({"StreamARN":"$arn","ConsumerName":"d"})", 5},
    {"RemoveTagsFromStream", R"({"StreamName":"s","TagKeys":["a"]})", 5},
    {"SplitShard", R"({"StreamName":"s","ShardToSplit":"shardId-9","NewStartingHashKey":"5"})", 5},
    {"UpdateAccountSettings", R"({"MinimumThroughputBillingCommitment":{"Status":"DISABLED"}})", 5},
    {"UpdateMaxRecordSize", R"({"StreamARN":"$arn","MaxRecordSizeInKiB":1024})", 5},
    {"UpdateShardCount",
     R"({"StreamName":"s","TargetShardCount":9,"ScalingType":"UNIFORM_SCALING"})", 10},
    {"UpdateStreamWarmThroughput", R"({"StreamName":"s","WarmThroughputMiBps":1})", 5},
    {"DeleteStream", R"({"StreamName":"s"})", 5},  // the last: it works
});

std::string filled(std::string body) {
    const std::pair<std::string, std::string> parts[] = {
        {"$arn", "arn:aws:kinesis:us-east-1:000000000000:stream/s"},
        {"$policy",
         R"({\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":)"
         R"({\"AWS\":\"111122223333\"},\"Action\":\"kinesis:PutRecord\",\"Resource\":)"
         R"(\"arn:aws:kinesis:us-east-1:000000000000:stream/s\"}]})"}};
    for (const auto& [name, value] : parts)
        for (size_t at = body.find(name); at != body.npos; at = body.find(name, at))
            body.replace(at, name.size(), value);
    return body;
}

// Whatever else the calls answer: so many are let through in an instant, and so many after a second
// again; then the service says that the rate is exceeded. Two operations never share a budget.
TEST_F(TimeTest, calls_of_the_control_plane_have_rates) {
    start({.limits = true, .transition_ms = 0});
    const auto refused = [&](const Rated& each) {
        const auto answer = call(each.operation, filled(each.body));
        return answer.body.contains("LimitExceededException") &&
               answer.body.contains("Rate exceeded for ");
    };
    call("RegisterStreamConsumer",
         R"({"StreamARN":"arn:aws:kinesis:us-east-1:000000000000:stream/s","ConsumerName":"c"})");
    for (const Rated& each : rated) {
        SCOPED_TRACE(each.operation);
        world_.run_for(2s);
        for (int round = 0; round < 2; ++round) {
            const auto began = world_.now();
            int taken = 0;
            while (taken < 100 && !refused(each)) ++taken;
            const double refilled =
                std::chrono::duration<double>(world_.now() - began).count() * each.calls;
            EXPECT_GE(taken, each.calls);
            EXPECT_LE(taken, each.calls + refilled + 1);
            world_.run_for(1s);
        }
    }
}

TEST_F(TimeTest, rates_are_off_without_limits) {
    start({.limits = false});
    for (int at = 0; at < 50; ++at)
        EXPECT_EQ(call("DescribeStream", R"({"StreamName":"s"})").status, 200);
}

TEST_F(TimeTest, a_shard_is_read_five_times_a_second) {
    start({.limits = true});
    world_.run_for(10s);
    put("eA==");
    const std::string from = iterator(R"("ShardIteratorType":"TRIM_HORIZON")");
    int taken = 0;
    SimulatedClient::Answer last;
    for (int at = 0; at < 6; ++at) taken += (last = get(from)).status == 200;
    EXPECT_EQ(taken, 5);
    EXPECT_NE(last.body.find("ProvisionedThroughputExceededException"), std::string::npos);
    world_.run_for(1s);
    EXPECT_EQ(get(from).status, 200);
}

}  // namespace
}  // namespace fors::test
