// SPDX-License-Identifier: Apache-2.0
// Data is unique and says who wrote it; keys are shared by all writers, but each holds its own
// records of a key to their order.
#include <gtest/gtest.h>

#include "actors.h"

namespace fors::test {

namespace {

struct Put {
    std::string operation, body;
    std::vector<std::string> data, keys;
};

Put some_put(Scene& scene, int writer, int number) {
    Put put;
    const size_t count = scene.chance(0.5) ? 1 : 1 + scene.below(8);
    std::string entries;
    for (size_t at = 0; at < count; ++at) {
        put.data.push_back(base64_of(std::to_string(writer) + "-" + std::to_string(number) + "-" +
                                     std::to_string(at) + std::string(scene.below(2000), '.')));
        put.keys.push_back("k" + std::to_string(scene.below(16)));
        entries += std::string(at > 0 ? "," : "") + R"({"Data":")" + put.data.back() +
                   R"(","PartitionKey":")" + put.keys.back() + R"("})";
    }
    put.operation = count == 1 ? "PutRecord" : "PutRecords";
    put.body = count == 1 ? R"({"StreamName":"s",)" + entries.substr(1)
                          : R"({"StreamName":"s","Records":[)" + entries + "]}";
    return put;
}

// For each entry of an answer whether it was taken.
std::vector<bool> taken_in(const std::string& body) {
    std::vector<bool> taken;
    for (size_t at = 0;;) {
        const size_t yes = body.find("\"SequenceNumber\":\"", at);
        const size_t no = body.find("\"ErrorCode\":\"", at);
        if (yes == body.npos && no == body.npos) return taken;
        taken.push_back(yes < no);
        at = std::min(yes, no) + 1;
    }
}

void note(Scene& scene, int writer, const Put& put, const std::string& body) {
    const auto taken = taken_in(body);
    const auto sequences = texts_of(body, "SequenceNumber");
    const auto shards = texts_of(body, "ShardId");
    if (taken.size() != put.data.size() || sequences.size() != shards.size()) {
        scene.history.fault("an answer of the wrong length: " + body);
        return;
    }
    size_t next = 0;
    for (size_t at = 0; at < taken.size(); ++at) {
        if (!taken[at]) {
            if (!scene.scenario.explains(body))
                scene.history.fault("an entry refused without a reason: " + body);
            ++scene.deeds.throttled;
            scene.history.refused(put.data[at]);
            continue;
        }
        scene.history.acknowledged(shards[next], sequences[next], put.data[at],
                                   std::to_string(writer) + "/" + put.keys[at], scene.world.now());
        ++next;
    }
}

// Whether it was acknowledged, all or a part of it.
env::Task<bool> write_once(Scene& scene, SimulatedClient& client, int writer, int number) {
    const Put put = some_put(scene, writer, number);
    for (const std::string& data : put.data) scene.history.attempted(data);
    const uint64_t epoch = scene.key_epoch;
    auto answer = co_await client.call(put.operation, put.body);
    if (!answer) co_return false;  // unknown
    if (answer->status != 200 && !scene.scenario.explains(answer->body))
        scene.history.fault_unless_lost("a put refused without a reason: " + answer->body);
    if (answer->status == 500 && answer->body.contains("whether it is stored is not known")) {
        ++scene.deeds.outcomes_unknown;
        co_return false;
    }
    if (answer->status != 200) {
        scene.deeds.refused_by_key += answer->body.contains("KMS");
        for (const std::string& data : put.data) scene.history.refused(data);
        co_return false;
    }
    if (scene.disabled_since(epoch)) scene.history.fault_unless_lost("a put under a disabled key");
    note(scene, writer, put, answer->body);
    co_return true;
}

}  // namespace

env::Task<void> write(Scene& scene, SimulatedClient& client, int writer) {
    const Part part(scene.changing);
    for (int number = 0; !scene.quiet; ++number) {
        co_await scene.think(std::chrono::milliseconds(4));
        (void)co_await write_once(scene, client, writer, number);
    }
}

env::Task<void> write_at_last(Scene& scene, SimulatedClient& client) {
    constexpr int tries_max = 30;
    for (int number = 0; number < tries_max; ++number) {
        if (co_await write_once(scene, client, -1, number)) co_return;
        co_await sim::pause{scene.world, std::chrono::milliseconds(200)};
    }
    if (!scene.key_lost)
        scene.history.fault_unless_lost("no put is taken, though all faults have stopped");
}

}  // namespace fors::test
