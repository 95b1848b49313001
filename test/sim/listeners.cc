// SPDX-License-Identifier: Apache-2.0
// Subscribers: what an event leaves out, the next one must not leave out, too.
#include <gtest/gtest.h>

#include "actors.h"

namespace fors::test {

namespace {

// From a record's arrival to its event: the disk, the network, and what is sent before it.
constexpr double soon_s = 1;

// The ApproximateArrivalTimestamps of an event's records, in seconds.
std::vector<double> arrivals_of(const std::string& event) {
    constexpr std::string_view marker = "\"ApproximateArrivalTimestamp\":";
    std::vector<double> arrivals;
    for (size_t at = event.find(marker); at != event.npos; at = event.find(marker, at + 1))
        arrivals.push_back(std::strtod(event.c_str() + at + marker.size(), nullptr));
    return arrivals;
}

}  // namespace

env::Task<void> register_consumer(Scene&, SimulatedClient& client, std::string name,
                                  std::string& arn) {
    const std::string who =
        R"({"StreamARN":")" + stream_arn + R"(","ConsumerName":")" + name + R"("})";
    while (arn.empty()) {
        (void)co_await client.call("RegisterStreamConsumer", who);
        auto answer = co_await client.call("DescribeStreamConsumer", who);
        if (answer && answer->status == 200 && answer->body.contains("\"ACTIVE\""))
            arn = texts_of(answer->body, "ConsumerARN").at(0);
    }
}

env::Task<void> listen(Scene& scene, SimulatedSubscriber& subscriber, std::string consumer) {
    const Part part(scene.listening);
    std::string shard = scene.shards.front();
    std::string after;
    bool caught_up = false;
    while (!scene.over && !caught_up) {
        co_await scene.think(std::chrono::milliseconds(10));
        const std::string from = after;
        // What an older subscription gives may have been on its way for long.
        const bool settled = scene.settled;
        const uint64_t epoch = scene.key_epoch;
        const int today = scene.history.today();
        const double began_s = static_cast<double>(scene.world.clock().wall_ms()) * 1e-3;
        bool swift = scene.scenario.swift();
        std::vector<std::string> sequences, children;
        const auto hear = [&](const std::string& event) {
            const auto numbers = texts_of(event, "SequenceNumber");
            const auto data = texts_of(event, "Data");
            for (size_t at = 0; at < numbers.size(); ++at)
                scene.history.seen(shard, numbers[at], data.at(at), today);
            sequences.insert(sequences.end(), numbers.begin(), numbers.end());
            const auto reached = texts_of(event, "ContinuationSequenceNumber");
            if (!reached.empty()) after = reached[0];
            children = texts_of(event, "ShardId");
            if (reached.empty() == children.empty())
                scene.history.fault("neither goes on nor ends: " + event);
            if (event.contains(R"("EncryptionType":"KMS")") && scene.disabled_since(epoch))
                scene.history.fault_unless_lost("pushed under a disabled key");
            // What came while somebody listened, and did not rest.
            const double now_s = static_cast<double>(scene.world.clock().wall_ms()) * 1e-3;
            for (const double arrived_s : arrivals_of(event)) {
                if (!swift || arrived_s <= began_s) continue;
                if (now_s - arrived_s > soon_s)
                    scene.history.fault("pushed late: " + std::to_string(now_s - arrived_s) + " s");
                ++scene.deeds.pushed_in_time;
            }
            // All that was ever put must have been given by now.
            caught_up = settled && numbers.empty() && children.empty() &&
                        event.contains(R"("MillisBehindLatest":0)");
            const std::string last = scene.history.last_acknowledged(shard);
            if (caught_up && after < last)
                scene.history.fault_unless_lost("not pushed: " + shard + " " + last + " after " +
                                                after);
            if (!scene.settled && scene.chance(0.05)) {
                swift = false;
                ++scene.deeds.slow_readers;
                subscriber.rest(scene.scenario.think(std::chrono::milliseconds(20)));
            }
            return !scene.over && !caught_up && settled == scene.settled;
        };
        const std::string position =
            from.empty() ? R"("TRIM_HORIZON")"
                         : R"("AFTER_SEQUENCE_NUMBER","SequenceNumber":")" + from + "\"";
        auto subscribed =
            subscriber.subscribe(R"({"ConsumerARN":")" + consumer + R"(","ShardId":")" + shard +
                                     R"(","StartingPosition":{"Type":)" + position + "}}",
                                 hear);
        co_await std::move(subscribed);
        const std::string& refusal = subscriber.refusal();
        if (!refusal.empty() && !refusal.contains("ResourceInUseException") &&
            !scene.scenario.explains(refusal))
            scene.history.fault_unless_lost("not pushed to without a reason: " + refusal);
        if (scene.scenario.aged && refusal.contains("ResourceNotFoundException")) {
            scene.forget(shard);
            shard = scene.shards[scene.below(scene.shards.size())];
            after.clear();
            continue;
        }
        scene.deeds.pushed += sequences.size();
        scene.history.covered(shard, from, children.empty() ? after : History::the_end, sequences);
        if (children.empty()) continue;
        ++scene.deeds.ends_told;
        scene.history.ended(shard, children);
        for (const std::string& child : children) scene.know(child);
        shard = children[scene.below(children.size())];
        after.clear();
    }
}

}  // namespace fors::test
