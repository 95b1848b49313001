// SPDX-License-Identifier: Apache-2.0
// Who may not come in: a user with another's secret, and another account. Whatever they are
// answered, it is never what they asked for.
#include <gtest/gtest.h>

#include "actors.h"

namespace fors::test {

env::Task<void> intrude(Scene& scene, SimulatedClient& client) {
    const Part part(scene);
    const std::string body =
        R"({"StreamARN":")" + stream_arn + R"(","PartitionKey":"intruder","Data":"aW50cnVkZXI="})";
    while (!scene.over) {
        co_await scene.think(std::chrono::milliseconds(20));
        auto answer = co_await client.call("PutRecord", body);
        if (!answer) continue;
        if (answer->status == 200) scene.history.fault("an intruder was let in");
        scene.deeds.intruders_refused += answer->status == 400 || answer->status == 403;
    }
}

}  // namespace fors::test
