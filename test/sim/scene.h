// SPDX-License-Identifier: Apache-2.0
// Scene: what the actors of a run share: the world, the history, and what they told one another.
//
// Actors are coroutines (actors.h), one for each client, that go on until the scene is over. They
// know the server from its answers alone.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/base64.h"
#include "env/task.h"
#include "history.h"
#include "scenario.h"
#include "sim/world.h"
#include "simulated_client.h"
#include "simulated_subscriber.h"

namespace fors::test {

inline const std::string stream_arn = "arn:aws:kinesis:us-east-1:000000000000:stream/s";

// What the actors did and saw, for the totals.
struct Deeds {
    uint64_t pushed = 0;
    uint64_t throttled = 0;
    uint64_t expired_iterators = 0;
    uint64_t key_changes = 0;
    uint64_t refused_by_key = 0;
    uint64_t outcomes_unknown = 0;
    uint64_t encrypted_reads = 0;
    uint64_t slow_readers = 0;
    uint64_t ends_told = 0;
    uint64_t intruders_refused = 0;
    uint64_t streams_deleted = 0;
    uint64_t pushed_in_time = 0;  // records whose way was measured

    void add(const Deeds& more);
};

struct Scene {
    sim::World& world;
    Scenario scenario;
    History history;
    Deeds deeds;
    std::vector<std::string> shards{"shardId-000000000000"};  // all that any client was told of
    // Actors that are at work: those that change something, those that are pushed to, the others.
    int changing = 0, listening = 0, looking = 0;
    // A run ends step by step: faults have stopped and nobody begins to change anything; all that
    // was changed is done, and who is pushed to ends when it has been given all of it; it is over.
    bool quiet = false, settled = false, over = false;
    int64_t jumps = 0;     // of the wall clock
    std::string key;       // its id, once there is one
    std::string iterator;  // somebody's

    // The key, as its keeper knows it. `key_epoch` is odd while it is disabled for sure, and the
    // stream encrypted for sure.
    uint64_t key_epoch = 0;
    bool key_lost = false;  // the server knows nothing of it any more

    // It has expired, and the server knows nothing of it any more.
    void forget(const std::string& shard) {
        if (shards.size() > 1) std::erase(shards, shard);
    }
    void know(const std::string& shard) {
        if (std::ranges::find(shards, shard) == shards.end()) shards.push_back(shard);
    }
    uint64_t below(uint64_t bound) { return world.random().below(bound); }
    bool chance(double probability) { return world.random().chance(probability); }
    // Up to so long, in the pace of the scenario; at leisure when all there is to do is to wait.
    sim::pause think(std::chrono::microseconds most) {
        const int slower = settled && !scenario.sparse ? 50 : 1;
        const auto longest = static_cast<uint64_t>(scenario.think(most * slower).count());
        return {world, std::chrono::microseconds(below(longest))};
    }
    // Whether the key was disabled since `epoch`, which was when something began.
    bool disabled_since(uint64_t epoch) const { return epoch % 2 == 1 && epoch == key_epoch; }
};

// One that takes part: counted while it is at work.
class Part {
public:
    explicit Part(int& count) : count_(count) { ++count_; }
    ~Part() { --count_; }
    Part(const Part&) = delete;
    Part& operator=(const Part&) = delete;

private:
    int& count_;
};

inline std::string base64_of(const std::string& text) {
    std::string out;
    base64::encode(as_bytes(text), out);
    return out;
}

}  // namespace fors::test
