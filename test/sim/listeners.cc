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

// Follows a stream from shard to shard, a subscription after the other.
class Listener {
public:
    Listener(Scene& scene, SimulatedSubscriber& subscriber, std::string consumer)
        : scene_(scene), subscriber_(subscriber), consumer_(std::move(consumer)) {}

    bool caught_up() const { return caught_up_; }

    // One subscription.
    env::Task<void> listen() {
        begin();
        const std::string position =
            from_.empty() ? R"("TRIM_HORIZON")"
                          : R"("AFTER_SEQUENCE_NUMBER","SequenceNumber":")" + from_ + "\"";
        auto subscribed =
            subscriber_.subscribe(R"({"ConsumerARN":")" + consumer_ + R"(","ShardId":")" + shard_ +
                                      R"(","StartingPosition":{"Type":)" + position + "}}",
                                  [this](const std::string& event) { return hear(event); });
        co_await std::move(subscribed);
        if (is_gone()) co_return;
        scene_.deeds.pushed += sequences_.size();
        const bool ended = !children_.empty();
        scene_.history.covered(shard_, from_, ended ? History::the_end : after_, sequences_);
        if (ended) go_on_with_a_child();
    }

private:
    void begin() {
        from_ = after_;
        sequences_.clear();
        children_.clear();
        // What an older subscription gives may have been on its way for long.
        settled_ = scene_.settled;
        key_epoch_ = scene_.key_epoch;
        today_ = scene_.history.today();
        began_s_ = now_s();
        swift_ = scene_.scenario.swift();
    }

    // Whether to go on.
    bool hear(const std::string& event) {
        const auto numbers = texts_of(event, "SequenceNumber");
        const auto data = texts_of(event, "Data");
        for (size_t at = 0; at < numbers.size(); ++at)
            scene_.history.seen(shard_, numbers[at], data.at(at), today_);
        sequences_.insert(sequences_.end(), numbers.begin(), numbers.end());
        const auto reached = texts_of(event, "ContinuationSequenceNumber");
        if (!reached.empty()) after_ = reached[0];
        children_ = texts_of(event, "ShardId");
        if (reached.empty() == children_.empty())
            scene_.history.fault("neither goes on nor ends: " + event);
        if (event.contains(R"("EncryptionType":"KMS")") && scene_.disabled_since(key_epoch_))
            scene_.history.fault_unless_lost("pushed under a disabled key");
        check_time(event);
        if (settled_ && numbers.empty() && children_.empty()) check_end(event);
        if (!scene_.settled && scene_.chance(0.05)) rest();
        return !scene_.over && !caught_up_ && settled_ == scene_.settled;
    }

    // Of what came while somebody listened, and did not rest.
    void check_time(const std::string& event) {
        for (const double arrived_s : arrivals_of(event)) {
            if (!swift_ || arrived_s <= began_s_) continue;
            const double way_s = now_s() - arrived_s;
            if (way_s > soon_s)
                scene_.history.fault("pushed late: " + std::to_string(way_s) + " s");
            ++scene_.deeds.pushed_in_time;
        }
    }

    // Nothing is put any more: what was ever put must have been given.
    void check_end(const std::string& event) {
        caught_up_ = event.contains(R"("MillisBehindLatest":0)");
        const std::string last = scene_.history.last_acknowledged(shard_);
        if (caught_up_ && after_ < last)
            scene_.history.fault_unless_lost("not pushed: " + shard_ + " " + last + " after " +
                                             after_);
    }

    void rest() {
        swift_ = false;
        ++scene_.deeds.slow_readers;
        subscriber_.rest(scene_.scenario.think(std::chrono::milliseconds(20)));
    }

    // Whether the shard has expired and is forgotten; nothing else may be refused without a reason.
    bool is_gone() {
        const std::string& refusal = subscriber_.refusal();
        if (!refusal.empty() && !refusal.contains("ResourceInUseException") &&
            !scene_.scenario.explains(refusal))
            scene_.history.fault_unless_lost("not pushed to without a reason: " + refusal);
        if (!scene_.scenario.aged || !refusal.contains("ResourceNotFoundException")) return false;
        scene_.forget(shard_);
        shard_ = scene_.shards[scene_.below(scene_.shards.size())];
        after_.clear();
        return true;
    }

    void go_on_with_a_child() {
        ++scene_.deeds.ends_told;
        scene_.history.ended(shard_, children_);
        for (const std::string& child : children_) scene_.know(child);
        shard_ = children_[scene_.below(children_.size())];
        after_.clear();
    }

    double now_s() const { return static_cast<double>(scene_.world.clock().wall_ms()) * 1e-3; }

    Scene& scene_;
    SimulatedSubscriber& subscriber_;
    std::string consumer_;
    std::string shard_ = scene_.shards.front();
    std::string after_;  // the position it has come to
    bool caught_up_ = false;
    // Of this subscription:
    std::string from_;
    std::vector<std::string> sequences_, children_;
    bool settled_ = false, swift_ = false;
    uint64_t key_epoch_ = 0;
    int today_ = 0;
    double began_s_ = 0;
};

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
    Listener listener(scene, subscriber, std::move(consumer));
    while (!scene.over && !listener.caught_up()) {
        co_await scene.think(std::chrono::milliseconds(10));
        auto listening = listener.listen();
        co_await std::move(listening);
    }
}

}  // namespace fors::test
