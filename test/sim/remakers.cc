// SPDX-License-Identifier: Apache-2.0
// Another stream's owner, who makes it, puts and reads a little, and deletes it, again and again:
// what is deleted does not come back, and a new stream has nothing of the one before.
#include <gtest/gtest.h>

#include <set>

#include "actors.h"

namespace fors::test {

namespace {

// One life of the stream.
class Life {
public:
    Life(Scene& scene, SimulatedClient& client, int number)
        : scene_(scene), client_(client), mark_("life-" + std::to_string(number) + "-") {}

    // Until it is ACTIVE.
    env::Task<void> begin() {
        while (true) {
            (void)co_await client_.call("CreateStream", R"({"StreamName":"t","ShardCount":1})");
            auto answer = co_await describe();
            if (answer && answer->status == 200 && answer->body.contains("\"ACTIVE\"")) co_return;
            co_await sim::pause{scene_.world, std::chrono::milliseconds(20)};
        }
    }

    env::Task<void> put() {
        const std::string data = base64_of(mark_ + std::to_string(puts_++));
        auto answer = co_await client_.call(
            "PutRecord", R"({"StreamName":"t","PartitionKey":"k","Data":")" + data + "\"}");
        if (answer && answer->status == 200) kept_.insert(data);
        if (answer && answer->status != 200) expect_reason(*answer);
    }

    // All that was acknowledged is there, and nothing of another life.
    env::Task<void> read() {
        const int today = scene_.history.today();
        const std::string where = R"({"StreamName":"t","ShardId":"shardId-000000000000",)";
        auto answer = co_await client_.call("GetShardIterator",
                                            where + R"("ShardIteratorType":"TRIM_HORIZON"})");
        std::set<std::string> found;
        while (answer && answer->status == 200) {
            const auto data = texts_of(answer->body, "Data");
            found.insert(data.begin(), data.end());
            const auto first = texts_of(answer->body, "ShardIterator");
            const auto next = texts_of(answer->body, "NextShardIterator");
            if (data.empty() && answer->body.contains(R"("MillisBehindLatest":0)"))
                co_return check(found, today);
            answer = co_await client_.call(
                "GetRecords",
                R"({"ShardIterator":")" + (first.empty() ? next.at(0) : first[0]) + "\"}");
        }
        if (answer && !answer->body.contains("ExpiredIteratorException")) expect_reason(*answer);
    }

    // Until it is gone, for good.
    env::Task<void> end() {
        while (!co_await gone()) {
            (void)co_await client_.call("DeleteStream", R"({"StreamName":"t"})");
            co_await sim::pause{scene_.world, std::chrono::milliseconds(20)};
        }
        co_await scene_.think(std::chrono::milliseconds(30));
        auto answer = co_await describe();
        if (answer && answer->status == 200)
            scene_.history.fault_unless_lost("a deleted stream is back: " + answer->body);
    }

private:
    env::Task<std::optional<SimulatedClient::Answer>> describe() {
        return client_.call("DescribeStreamSummary", R"({"StreamName":"t"})");
    }
    env::Task<bool> gone() {
        auto answer = co_await describe();
        co_return answer && answer->body.contains("ResourceNotFoundException");
    }

    void expect_reason(const SimulatedClient::Answer& answer) {
        if (!scene_.scenario.explains(answer.body))
            scene_.history.fault_unless_lost("refused without a reason: " + answer.body);
    }

    void check(const std::set<std::string>& found, int today) {
        const std::string mark = base64_of(mark_).substr(0, mark_.size());
        for (const std::string& data : found)
            if (!data.starts_with(mark)) scene_.history.fault("a record of another life: " + data);
        if (today != began_ || today != scene_.history.today()) return;  // some may have expired
        for (const std::string& data : kept_)
            if (!found.contains(data))
                scene_.history.fault_unless_lost("acknowledged and not read: " + data);
    }

    Scene& scene_;
    SimulatedClient& client_;
    std::string mark_;
    int began_ = scene_.history.today();
    int puts_ = 0;
    std::set<std::string> kept_;  // acknowledged
};

}  // namespace

env::Task<void> remake(Scene& scene, SimulatedClient& client) {
    const Part part(scene.changing);
    for (int number = 0; !scene.quiet; ++number) {
        Life life(scene, client, number);
        co_await life.begin();
        while (!scene.quiet && scene.chance(0.9)) {
            co_await scene.think(std::chrono::milliseconds(5));
            if (scene.chance(0.7))
                co_await life.put();
            else
                co_await life.read();
        }
        co_await life.end();
        ++scene.deeds.streams_deleted;
    }
}

}  // namespace fors::test
