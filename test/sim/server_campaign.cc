// SPDX-License-Identifier: Apache-2.0
// The campaign: clients put and get while the server is killed and its disk forgets; afterwards the
// history is checked.
//
// FORS_SEEDS=N runs N seeds (default 1000), FORS_SEED=S begins with S. A failing seed fails again,
// to the byte.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "base/base64.h"
#include "history.h"
#include "simulated_client.h"
#include "simulated_server.h"

// Killed processes leave their coroutine frames behind (sim/world.h).
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace fors::test {
namespace {

constexpr int writers = 4;
constexpr int readers = 2;
constexpr int shards = 2;

struct Totals {
    uint64_t acknowledged = 0, kills = 0, lost_sectors = 0, failed_syncs = 0, runs = 0;
    double virtual_seconds = 0;
};

std::string base64_of(const std::string& text) {
    std::string out;
    base64::encode(as_bytes(text), out);
    return out;
}

std::string shard_name(int index) { return "shardId-00000000000" + std::to_string(index); }

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
        for (int at = 0; at < writers + readers; ++at) {
            clients.push_back(std::make_unique<SimulatedClient>(world_, network_, clients_));
            SimulatedClient& client = *clients.back();
            client.executor().post([this, &client, at] {
                env::spawn(at < writers ? write(client, at) : read(client, at % shards));
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
        for (int shard = 0; shard < shards; ++shard) run_task(*setup, read_all(*setup, shard));
        for (const std::string& fault : history_.check()) ADD_FAILURE() << fault;
        EXPECT_EQ(damages_ + server_->damages(), 0U) << "damage reported where there is none";
        totals.acknowledged += history_.acknowledged_count();
        totals.kills += kills + 1;
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

    env::Task<void> write(SimulatedClient& client, int writer) {
        ++running_;
        for (int number = 0; !stopping_; ++number) {
            co_await sim::pause{world_, think(4000)};
            const size_t count = world_.random().chance(0.5) ? 1 : 1 + world_.random().below(8);
            std::vector<std::string> data;
            std::string entries;
            for (size_t at = 0; at < count; ++at) {
                data.push_back(std::to_string(writer) + "-" + std::to_string(number) + "-" +
                               std::to_string(at) + std::string(world_.random().below(2000), '.'));
                history_.attempted(base64_of(data.back()));
                entries += std::string(at > 0 ? "," : "") + R"({"Data":")" +
                           base64_of(data.back()) + R"(","PartitionKey":"k)" +
                           std::to_string(world_.random().below(16)) + R"("})";
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
                history_.acknowledged(shard_ids[at], sequences[at], base64_of(data[at]));
        }
        --running_;
    }

    // Reads a shard from its beginning, again and again.
    env::Task<void> read(SimulatedClient& client, int shard) {
        ++running_;
        while (!stopping_) {
            co_await sim::pause{world_, think(30'000)};
            auto records = co_await read_pass(client, shard, false);
            std::vector<std::string> sequences;
            for (const auto& [sequence, data] : records) {
                history_.seen(shard_name(shard), sequence, data);
                sequences.push_back(sequence);
            }
            history_.pass(shard_name(shard), sequences);
        }
        --running_;
    }

    env::Task<void> read_all(SimulatedClient& client, int shard) {
        auto records = co_await read_pass(client, shard, true);
        history_.final_read(shard_name(shard), records);
    }

    using Records = std::vector<std::pair<std::string, std::string>>;

    // From TRIM_HORIZON until an answer is empty; with `persistent`, errors are tried again from
    // the start.
    env::Task<Records> read_pass(SimulatedClient& client, int shard, bool persistent) {
        while (true) {
            Records records;
            auto answer = co_await client.call(
                "GetShardIterator",
                R"({"StreamName":"s","ShardIteratorType":"TRIM_HORIZON","ShardId":")" +
                    shard_name(shard) + "\"}");
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
                    records.emplace_back(sequences[at], data.at(at));
                whole = sequences.empty();
            }
            if (whole || !persistent) co_return records;
        }
    }

    sim::World world_;
    sim::Disk disk_;
    sim::Network network_;
    sim::Process& clients_;
    SimulatedServer* server_ = nullptr;
    History history_;
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
        "%llu unsynced sectors lost, %llu syncs failed\n",
        static_cast<unsigned long long>(totals.runs), totals.virtual_seconds,
        static_cast<unsigned long long>(totals.kills),
        static_cast<unsigned long long>(totals.acknowledged),
        static_cast<unsigned long long>(totals.lost_sectors),
        static_cast<unsigned long long>(totals.failed_syncs));
}

}  // namespace
}  // namespace fors::test
