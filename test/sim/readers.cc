// SPDX-License-Identifier: Apache-2.0
// Passes over a shard: from TRIM_HORIZON, or from behind a record, until an answer says that
// nothing is left, or that the shard ends.
#include <gtest/gtest.h>

#include <map>

#include "actors.h"
#include "shard_map.h"

namespace fors::test {

namespace {

constexpr std::chrono::minutes iterator_lifetime{5};

struct Pass {
    std::string after = {};     // a sequence number; empty: from TRIM_HORIZON
    std::string iterator = {};  // to go on with; empty: none yet
    // Instead: from LATEST, when so many records had been attempted.
    std::optional<size_t> newest = {};
    std::vector<std::pair<std::string, std::string>> records;
    int began = 0;       // on which half day
    bool ended = false;  // the shard's end was told
    bool whole = false;
    bool refused = false;  // by an answer, not by a cut connection

    const std::string& end() const { return records.empty() ? after : records.back().first; }
};

void take_records(Scene& scene, const std::string& shard, const std::string& body, Pass& pass) {
    const auto sequences = texts_of(body, "SequenceNumber");
    const auto data = texts_of(body, "Data");
    for (size_t at = 0; at < sequences.size(); ++at)
        pass.records.emplace_back(sequences[at], data.at(at));
    pass.ended = !body.contains("NextShardIterator");
    if (pass.ended) {
        ++scene.deeds.ends_told;
        scene.history.ended(shard, texts_of(body, "ShardId"));
    }
    const bool at_tip = sequences.empty() && body.contains(R"("MillisBehindLatest":0)");
    pass.whole = at_tip || pass.ended;
    if (!pass.ended) pass.iterator = scene.iterator = texts_of(body, "NextShardIterator").at(0);
}

bool throttled(const SimulatedClient::Answer& answer) {
    return answer.body.contains("ProvisionedThroughputExceededException");
}

env::Task<void> take_iterator(Scene& scene, SimulatedClient& client, std::string shard,
                              Pass& pass) {
    const std::string type =
        pass.newest ? R"("LATEST")"
        : pass.after.empty()
            ? R"("TRIM_HORIZON")"
            : R"("AFTER_SEQUENCE_NUMBER","StartingSequenceNumber":")" + pass.after + "\"";
    auto answer =
        co_await client.call("GetShardIterator", R"({"StreamName":"s","ShardId":")" + shard +
                                                     R"(","ShardIteratorType":)" + type + "}");
    pass.refused = answer && answer->status != 200;
    if (pass.refused && !scene.scenario.explains(answer->body))
        scene.history.fault_unless_lost("no iterator without a reason: " + answer->body);
    if (answer && !pass.refused) pass.iterator = texts_of(answer->body, "ShardIterator").at(0);
    if (pass.newest) pass.newest = scene.history.attempts();
}

// With `held`, the iterator is kept that long before its first use.
env::Task<Pass> read_pass(Scene& scene, SimulatedClient& client, std::string shard, Pass pass,
                          std::chrono::microseconds held) {
    pass.began = scene.history.today();
    if (pass.iterator.empty()) co_await take_iterator(scene, client, shard, pass);
    const auto issued = scene.world.now();
    const int64_t jumps = scene.jumps;
    if (held.count() > 0) co_await sim::pause{scene.world, held};
    while (!pass.iterator.empty() && !pass.whole) {
        const uint64_t epoch = scene.key_epoch;
        const std::string limit = std::to_string(1 + scene.below(200));
        const bool alive = scene.world.now() - issued < iterator_lifetime;
        auto answer = co_await client.call(
            "GetRecords", R"({"ShardIterator":")" + pass.iterator + R"(","Limit":)" + limit + "}");
        // Cut off: the same iterator gives the same again.
        if (!answer && !scene.over && scene.chance(0.5)) continue;
        if (!answer) break;
        if (throttled(*answer)) {
            if (!scene.scenario.limits) scene.history.fault("throttled without limits");
            ++scene.deeds.throttled;
            co_await sim::pause{scene.world, std::chrono::milliseconds(500)};
            continue;
        }
        if (answer->body.contains("Invalid ShardIterator"))
            scene.history.fault("an iterator is not known any more: " + answer->body);
        const bool expired = answer->body.contains("ExpiredIteratorException");
        scene.deeds.expired_iterators += expired;
        scene.deeds.refused_by_key += answer->body.contains("KMSDisabledException");
        // It ages a little while it is under way.
        const auto age = scene.world.now() - issued;
        if (held.count() > 0 && jumps == scene.jumps && expired && alive &&
            age < iterator_lifetime - std::chrono::seconds(5))
            scene.history.fault("an iterator expired early: " + answer->body);
        if (held > iterator_lifetime && jumps == scene.jumps && answer->status == 200)
            scene.history.fault("an iterator outlived its time");
        if (answer->status != 200) {
            if (!expired && !scene.scenario.explains(answer->body))
                scene.history.fault_unless_lost("no records without a reason: " + answer->body);
            pass.refused = true;
            break;
        }
        if (answer->body.contains(R"("EncryptionType":"KMS")")) {
            ++scene.deeds.encrypted_reads;
            if (scene.disabled_since(epoch))
                scene.history.fault_unless_lost("read under a disabled key");
        }
        take_records(scene, shard, answer->body, pass);
        held = {};
    }
    co_return pass;
}

// What a reader was given is there, and all of it; `known`: acknowledged when the pass began.
void note(Scene& scene, const std::string& shard, const Pass& pass, const std::string& known) {
    std::vector<std::string> sequences;
    for (const auto& [sequence, data] : pass.records) {
        scene.history.seen(shard, sequence, data, pass.began);
        sequences.push_back(sequence);
    }
    const std::string to = pass.ended ? History::the_end : pass.end();
    if (pass.newest) return scene.history.covered_since(shard, *pass.newest, to, sequences);
    scene.history.covered(shard, pass.after, to, sequences);
    if (pass.whole && pass.end() < known && pass.began == scene.history.today())
        scene.history.fault_unless_lost("acknowledged and not read: " + shard + " " + known +
                                        " after " + pass.end());
}

}  // namespace

env::Task<void> read(Scene& scene, SimulatedClient& client) {
    const Part part(scene.looking);
    std::map<std::string, std::string> reached;  // somewhere in each shard
    while (!scene.over) {
        co_await scene.think(std::chrono::milliseconds(30));
        const std::string shard = scene.shards[scene.below(scene.shards.size())];
        std::chrono::microseconds held{0};
        if (scene.scenario.sparse && scene.chance(0.3))
            held = std::chrono::milliseconds(1 + scene.below(600'000));
        Pass pass;
        if (scene.chance(0.3)) pass.after = reached[shard];
        if (pass.after.empty() && scene.chance(0.3)) pass.newest = 0;
        std::string known = scene.history.last_acknowledged(shard);
        pass = co_await read_pass(scene, client, shard, std::move(pass), held);
        note(scene, shard, pass, known);
        if (!pass.records.empty())
            reached[shard] = pass.records[scene.below(pass.records.size())].first;
        while (pass.whole && !pass.ended && !scene.over && scene.chance(0.5)) {
            co_await scene.think(std::chrono::milliseconds(5));
            const auto newest = pass.records.empty() ? pass.newest : std::nullopt;
            pass = {.after = pass.end(), .iterator = pass.iterator, .newest = newest};
            known = scene.history.last_acknowledged(shard);
            pass = co_await read_pass(scene, client, shard, std::move(pass), {});
            note(scene, shard, pass, known);
        }
    }
}

env::Task<void> read_all(Scene& scene, SimulatedClient& client) {
    std::vector<ListedShard> listed;
    for (int tries = 0; listed.empty() && tries < 1000; ++tries) {
        auto answer = co_await client.call("ListShards", R"({"StreamName":"s"})");
        if (answer && answer->status == 200) listed = listed_shards(answer->body);
    }
    std::vector<ListedShard> open;
    for (const ListedShard& shard : listed) {
        scene.know(shard.id);
        scene.history.final_parents(shard.id, shard.parents);
        if (!shard.closed) open.push_back(shard);
        Pass pass;
        // Where data were damaged a shard may not be readable to its end; a connection that was cut
        // is no sign of that.
        const int refusals_max = scene.scenario.damage == Scenario::Damage::none ? 1'000'000 : 5;
        for (int refusals = 0; !pass.whole && refusals < refusals_max; refusals += pass.refused)
            pass = co_await read_pass(scene, client, shard.id, {}, {});
        scene.history.final_read(shard.id, pass.records);
        if (pass.ended != shard.closed && pass.whole)
            scene.history.fault("its end was told wrongly: " + shard.id);
    }
    scene.history.tiled(tile_the_space(open));
    if (listed.size() != scene.shards.size() && !scene.scenario.aged)
        scene.history.fault_unless_lost("a shard is gone");
}

}  // namespace fors::test
