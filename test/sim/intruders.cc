// SPDX-License-Identifier: Apache-2.0
// Who may not come in: a user with another's secret, and another account. Whatever they are
// answered, it is never what they asked for.
#include <gtest/gtest.h>

#include "actors.h"

namespace fors::test {

namespace {

// Operation and body.
using Call = std::pair<std::string, std::string>;

Call some_intrusion(const Scene& scene, uint64_t draw) {
    const std::string stream = R"("StreamARN":")" + stream_arn + "\"";
    const std::string of_shard = "{" + stream + R"(,"ShardId":"shardId-000000000000",)";
    const std::string of_key =
        R"({"KeyId":"arn:aws:kms:us-east-1:000000000000:key/)" + scene.key + R"("})";
    switch (draw % 10) {
        case 0:
            return {"GetShardIterator", of_shard + R"("ShardIteratorType":"TRIM_HORIZON"})"};
        case 1:
            return {"ListShards", "{" + stream + "}"};
        case 2:
            return {"DescribeStreamSummary", "{" + stream + "}"};
        case 3:
            return {"DeleteStream", "{" + stream + R"(,"EnforceConsumerDeletion":true})"};
        case 4:
            return {"RegisterStreamConsumer", "{" + stream + R"(,"ConsumerName":"intruder"})"};
        case 5:
            return {"TrentService.DisableKey", of_key};
        case 6:
            return {"TrentService.DescribeKey", of_key};
        case 7:
            return {"GetRecords", R"({"ShardIterator":")" + scene.iterator + R"("})"};
        default:
            return {"PutRecord",
                    "{" + stream + R"(,"PartitionKey":"intruder","Data":"aW50cnVkZXI="})"};
    }
}

}  // namespace

env::Task<void> intrude(Scene& scene, SimulatedClient& client) {
    const Part part(scene.looking);
    while (!scene.over) {
        co_await scene.think(std::chrono::milliseconds(20));
        const Call call = some_intrusion(scene, scene.below(1000));
        auto answer = co_await client.call(call.first, call.second);
        if (!answer) continue;
        if (answer->status == 200)
            scene.history.fault("an intruder was let in: " + call.first + ": " + answer->body);
        scene.deeds.intruders_refused += answer->status == 400 || answer->status == 403;
    }
}

}  // namespace fors::test
