// SPDX-License-Identifier: Apache-2.0
// The campaign: clients put, get and are pushed to, shards are split and merged, while the server
// is killed and its disk forgets; afterwards the history is checked.
//
// FORS_SEEDS=N runs N seeds (default 1000), FORS_SEED=S begins with S. A failing seed fails again,
// to the byte.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/base64.h"
#include "history.h"
#include "shard_map.h"
#include "simulated_client.h"
#include "simulated_server.h"
#include "simulated_subscriber.h"

// Killed processes leave their coroutine frames behind (sim/world.h).
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace fors::test {
namespace {

constexpr int writers = 4;
constexpr int readers = 2;
constexpr int subscribers = 2;
constexpr size_t open_shards_max = 6;
const std::string first_shard = "shardId-000000000000";
const std::string stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

struct Totals {
    uint64_t acknowledged = 0, kills = 0, lost_sectors = 0, failed_syncs = 0, runs = 0;
    uint64_t shards = 0, pushed = 0;
    double virtual_seconds = 0;
};

std::string base64_of(const std::string& text) {
    std::string out;
    base64::encode(as_bytes(text), out);
    return out;
}

// One seed: a world, a server that dies several times, clients that go on.
class Campaign {
public:
    explicit Campaign(uint64_t seed)
        : world_(seed),
          disk_(world_, {.sync_failure = seed % 4 == 0 ? 0.01 : 0.0}),
          network_(world_, {.cut = seed % 3 == 0 ? 0.005 : 0.0}),
          clients_(world_.make_process()) {}

    void run(Totals& totals) {
        start_server();
        auto setup = std::make_unique<SimulatedClient>(world_, network_, clients_);
        run_task(*setup, create_stream(*setup));
        std::vector<std::unique_ptr<SimulatedClient>> clients;
        for (int at = 0; at < writers + readers + 1; ++at) {
            clients.push_back(std::make_unique<SimulatedClient>(world_, network_, clients_));
            SimulatedClient& client = *clients.back();
            client.executor().post([this, &client, at] {
                env::spawn(at < writers             ? write(client, at)
                           : at < writers + readers ? read(client)
                                                    : reshard(client));
            });
        }
        std::vector<std::unique_ptr<SimulatedSubscriber>> listeners;
        for (int at = 0; at < subscribers; ++at) {
            std::string consumer;
            run_task(*setup, register_consumer(*setup, "c" + std::to_string(at), consumer));
            listeners.push_back(std::make_unique<SimulatedSubscriber>(network_, clients_));
            listeners.back()->executor().post([this, &subscriber = *listeners.back(), consumer] {
                env::spawn(listen(subscriber, consumer));
            });
        }
        const auto kills = 1 + world_.random().below(4);
        for (uint64_t at = 0; at < kills; ++at) {
            world_.run_for(std::chrono::milliseconds(5 + world_.random().below(120)));
            restart_server();
        }
        world_.run_for(std::chrono::milliseconds(50));
        stopping_ = true;
        ASSERT_TRUE(world_.run_until([&] { return running_ == 0; }, std::chrono::seconds(60)))
            << "clients hang; " << server_->failure();
        // Once more from what the disk holds.
        restart_server();
        run_task(*setup, read_all(*setup));
        for (const std::string& fault : history_.check()) ADD_FAILURE() << fault;
        EXPECT_EQ(damages_ + server_->damages(), 0U) << "damage reported where there is none";
        totals.acknowledged += history_.acknowledged_count();
        totals.kills += kills + 1;
        totals.shards += shards_.size();
        totals.pushed += pushed_;
        totals.lost_sectors += disk_.counts().sectors_lost;
        totals.failed_syncs += disk_.counts().syncs_failed;
        totals.virtual_seconds += static_cast<double>(world_.now().count()) * 1e-9;
        ++totals.runs;
    }

private:
    void start_server() {
        server_ = new SimulatedServer(world_, disk_, network_);  // abandoned when it is killed
        server_->start();
    }

    void restart_server() {
        damages_ += server_->damages();
        server_->kill();
        // The process alone dies, or the machine with what its disk had not synced.
        if (world_.random().chance(0.6)) disk_.crash();
        world_.run_for(std::chrono::milliseconds(1 + world_.random().below(10)));
        start_server();
    }

    void run_task(SimulatedClient& client, env::Task<void> task) {
        auto done = std::make_shared<bool>(false);
        auto held = std::make_shared<env::Task<void>>(std::move(task));
        client.executor().post([held, done] { env::spawn(finish(std::move(*held), done)); });
        ASSERT_TRUE(world_.run_until([&] { return *done; }, std::chrono::seconds(120)))
            << "no answer; " << server_->failure();
    }

    env::Nanoseconds think(uint64_t us_max) {
        return std::chrono::microseconds(world_.random().below(us_max));
    }

    static env::Task<void> finish(env::Task<void> task, std::shared_ptr<bool> done) {
        co_await std::move(task);
        *done = true;
    }

    env::Task<void> create_stream(SimulatedClient& client) {
        while (true) {
            auto answer =
                co_await client.call("CreateStream", R"({"StreamName":"s","ShardCount":2})");
            const bool there = answer && (answer->status == 200 ||
                                          answer->body.contains("ResourceInUseException"));
            if (there) co_return;
        }
    }

    env::Task<void> register_consumer(SimulatedClient& client, std::string name, std::string& arn) {
        const std::string who =
            R"({"StreamARN":")" + stream_arn + R"(","ConsumerName":")" + name + R"("})";
        while (arn.empty()) {
            (void)co_await client.call("RegisterStreamConsumer", who);
            auto answer = co_await client.call("DescribeStreamConsumer", who);
            if (answer && answer->status == 200) arn = texts_of(answer->body, "ConsumerARN").at(0);
        }
    }

    env::Task<void> write(SimulatedClient& client, int writer) {
        ++running_;
        for (int number = 0; !stopping_; ++number) {
            co_await sim::pause{world_, think(4000)};
            const size_t count = world_.random().chance(0.5) ? 1 : 1 + world_.random().below(8);
            std::vector<std::string> data, keys;
            std::string entries;
            for (size_t at = 0; at < count; ++at) {
                data.push_back(std::to_string(writer) + "-" + std::to_string(number) + "-" +
                               std::to_string(at) + std::string(world_.random().below(2000), '.'));
                keys.push_back("k" + std::to_string(world_.random().below(16)));
                history_.attempted(base64_of(data.back()));
                entries += std::string(at > 0 ? "," : "") + R"({"Data":")" +
                           base64_of(data.back()) + R"(","PartitionKey":")" + keys.back() + R"("})";
            }
            const bool single = count == 1;
            const std::string body = single ? R"({"StreamName":"s",)" + entries.substr(1)
                                            : R"({"StreamName":"s","Records":[)" + entries + "]}";
            auto answer = co_await client.call(single ? "PutRecord" : "PutRecords", body);
            if (!answer || answer->status != 200) continue;  // unknown, or refused
            const auto sequences = texts_of(answer->body, "SequenceNumber");
            const auto shard_ids = texts_of(answer->body, "ShardId");
            if (sequences.size() != data.size()) {
                ADD_FAILURE() << "an answer of the wrong length: " << answer->body;
                break;
            }
            for (size_t at = 0; at < data.size(); ++at)
                history_.acknowledged(shard_ids[at], sequences[at], base64_of(data[at]),
                                      std::to_string(writer) + "/" + keys[at]);
        }
        --running_;
    }

    // Lists the shards, and splits, merges or resizes; what comes of it, the lists tell.
    env::Task<void> reshard(SimulatedClient& client) {
        ++running_;
        while (!stopping_) {
            co_await sim::pause{world_, think(60'000)};
            auto answer = co_await client.call(
                "ListShards", R"({"StreamName":"s","ShardFilter":{"Type":"AT_LATEST"}})");
            if (!answer || answer->status != 200) continue;
            const auto open = listed_shards(answer->body);
            history_.tiled(tile_the_space(open));
            for (const ListedShard& shard : open) know(shard.id);
            auto change = some_change(open);
            (void)co_await client.call(change.first, change.second);
        }
        --running_;
    }

    // Operation and body.
    std::pair<std::string, std::string> some_change(std::vector<ListedShard> open) {
        std::ranges::sort(open, {}, &ListedShard::first);
        const auto draw = world_.random().below(10);
        if (draw == 0)
            return {"UpdateShardCount",
                    R"({"StreamName":"s","ScalingType":"UNIFORM_SCALING","TargetShardCount":)" +
                        std::to_string(1 + world_.random().below(open_shards_max)) + "}"};
        const size_t at = world_.random().below(open.size());
        const ListedShard& shard = open[at];
        if (open.size() < open_shards_max && (draw < 6 || open.size() == 1)) {
            const uint64_t half = (shard.last.high - shard.first.high) / 2;
            const HashKey middle{shard.first.high + half, 1};
            return {"SplitShard", R"({"StreamName":"s","ShardToSplit":")" + shard.id +
                                      R"(","NewStartingHashKey":")" + to_decimal(middle) + R"("})"};
        }
        const ListedShard& next = open[at + 1 < open.size() ? at + 1 : at - 1];
        return {"MergeShards", R"({"StreamName":"s","ShardToMerge":")" + shard.id +
                                   R"(","AdjacentShardToMerge":")" + next.id + R"("})"};
    }

    // Is pushed to, goes on where it was cut off, and from a shard's end to one of its children.
    env::Task<void> listen(SimulatedSubscriber& subscriber, std::string consumer) {
        ++running_;
        std::string shard = first_shard;
        std::string after;
        while (!stopping_) {
            co_await sim::pause{world_, think(10'000)};
            const std::string from = after;
            std::vector<std::string> sequences, children;
            const auto hear = [&](const std::string& event) {
                const auto numbers = texts_of(event, "SequenceNumber");
                const auto data = texts_of(event, "Data");
                for (size_t at = 0; at < numbers.size(); ++at)
                    history_.seen(shard, numbers[at], data.at(at));
                sequences.insert(sequences.end(), numbers.begin(), numbers.end());
                const auto reached = texts_of(event, "ContinuationSequenceNumber");
                if (!reached.empty()) after = reached[0];
                children = texts_of(event, "ShardId");
                if (reached.empty() == children.empty())
                    ADD_FAILURE() << "neither goes on nor ends: " << event;
                return !stopping_;
            };
            const std::string position =
                from.empty() ? R"("TRIM_HORIZON")"
                             : R"("AFTER_SEQUENCE_NUMBER","SequenceNumber":")" + from + "\"";
            auto subscribed =
                subscriber.subscribe(R"({"ConsumerARN":")" + consumer + R"(","ShardId":")" + shard +
                                         R"(","StartingPosition":{"Type":)" + position + "}}",
                                     hear);
            co_await std::move(subscribed);
            pushed_ += sequences.size();
            history_.covered(shard, from, children.empty() ? after : History::the_end, sequences);
            if (children.empty()) continue;
            history_.ended(shard, children);
            for (const std::string& child : children) know(child);
            shard = children[world_.random().below(children.size())];
            after.clear();
        }
        --running_;
    }

    // Reads some shard from its beginning, again and again.
    env::Task<void> read(SimulatedClient& client) {
        ++running_;
        while (!stopping_) {
            co_await sim::pause{world_, think(30'000)};
            const std::string shard = shards_[world_.random().below(shards_.size())];
            const Pass pass = co_await read_pass(client, shard, false);
            std::vector<std::string> sequences;
            for (const auto& [sequence, data] : pass.records) {
                history_.seen(shard, sequence, data);
                sequences.push_back(sequence);
            }
            const std::string last = sequences.empty() ? "" : sequences.back();
            history_.covered(shard, "", pass.ended ? History::the_end : last, sequences);
        }
        --running_;
    }

    env::Task<void> read_all(SimulatedClient& client) {
        std::vector<ListedShard> listed;
        while (listed.empty()) {
            auto answer = co_await client.call("ListShards", R"({"StreamName":"s"})");
            if (answer && answer->status == 200) listed = listed_shards(answer->body);
        }
        std::vector<ListedShard> open;
        for (const ListedShard& shard : listed) {
            know(shard.id);
            history_.final_parents(shard.id, shard.parents);
            if (!shard.closed) open.push_back(shard);
            const Pass pass = co_await read_pass(client, shard.id, true);
            history_.final_read(shard.id, pass.records);
            EXPECT_EQ(pass.ended, shard.closed) << shard.id;
        }
        history_.tiled(tile_the_space(open));
        EXPECT_EQ(listed.size(), shards_.size()) << "a shard is gone";
    }

    void know(const std::string& shard) {
        if (std::ranges::find(shards_, shard) == shards_.end()) shards_.push_back(shard);
    }

    struct Pass {
        std::vector<std::pair<std::string, std::string>> records;
        bool ended = false;  // the shard's end was told
    };

    // From TRIM_HORIZON until an answer is empty or the last one; with `persistent`, errors are
    // tried again from the start.
    env::Task<Pass> read_pass(SimulatedClient& client, std::string shard, bool persistent) {
        while (true) {
            Pass pass;
            auto answer = co_await client.call(
                "GetShardIterator",
                R"({"StreamName":"s","ShardIteratorType":"TRIM_HORIZON","ShardId":")" + shard +
                    "\"}");
            bool whole = false;
            while (answer && answer->status == 200 && !whole) {
                auto iterators = texts_of(answer->body, "ShardIterator");
                if (iterators.empty()) iterators = texts_of(answer->body, "NextShardIterator");
                const std::string limit = std::to_string(1 + world_.random().below(200));
                answer =
                    co_await client.call("GetRecords", R"({"ShardIterator":")" + iterators.at(0) +
                                                           R"(","Limit":)" + limit + "}");
                if (!answer || answer->status != 200) break;
                const auto sequences = texts_of(answer->body, "SequenceNumber");
                const auto data = texts_of(answer->body, "Data");
                for (size_t at = 0; at < sequences.size(); ++at)
                    pass.records.emplace_back(sequences[at], data.at(at));
                pass.ended = !answer->body.contains("NextShardIterator");
                if (pass.ended) history_.ended(shard, texts_of(answer->body, "ShardId"));
                whole = sequences.empty() || pass.ended;
            }
            if (whole || !persistent) co_return pass;
        }
    }

    sim::World world_;
    sim::Disk disk_;
    sim::Network network_;
    sim::Process& clients_;
    SimulatedServer* server_ = nullptr;
    History history_;
    std::vector<std::string> shards_{first_shard};  // all that any client was told of
    uint64_t pushed_ = 0;
    uint64_t damages_ = 0;
    int running_ = 0;
    bool stopping_ = false;
};

uint64_t number_from(const char* variable, uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(ServerCampaign, AcknowledgedIsDurableReadableAndInOrder) {
    const uint64_t first = number_from("FORS_SEED", 1);
    const uint64_t count = number_from("FORS_SEEDS", 1000);
    Totals totals;
    for (uint64_t seed = first; seed < first + count; ++seed) {
        SCOPED_TRACE("FORS_SEED=" + std::to_string(seed) + " FORS_SEEDS=1");
        Campaign(seed).run(totals);
        if (HasFailure()) break;
    }
    std::printf(
        "%llu seeds, %.0f virtual seconds, %llu kills, %llu records acknowledged, "
        "%llu pushed, %llu shards, %llu unsynced sectors lost, %llu syncs failed\n",
        static_cast<unsigned long long>(totals.runs), totals.virtual_seconds,
        static_cast<unsigned long long>(totals.kills),
        static_cast<unsigned long long>(totals.acknowledged),
        static_cast<unsigned long long>(totals.pushed),
        static_cast<unsigned long long>(totals.shards),
        static_cast<unsigned long long>(totals.lost_sectors),
        static_cast<unsigned long long>(totals.failed_syncs));
}

}  // namespace
}  // namespace fors::test
