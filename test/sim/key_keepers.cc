// SPDX-License-Identifier: Apache-2.0
// The key's administrator. While it knows the key disabled and the stream encrypted, nobody may put
// or read what is encrypted.
#include <gtest/gtest.h>

#include <optional>

#include "actors.h"

namespace fors::test {

namespace {

// Until it is answered with success; nothing when there is no such key any more.
env::Task<std::optional<std::string>> insist(Scene& scene, SimulatedClient& client,
                                             std::string operation, std::string body) {
    while (true) {
        auto answer = co_await client.call(operation, body);
        if (answer && answer->status == 200) co_return answer->body;
        if (answer && answer->body.contains("NotFoundException")) {
            scene.key_lost = true;
            scene.history.fault_unless_lost("a key that was made is not known: " + answer->body);
            co_return std::nullopt;
        }
        co_await sim::pause{scene.world, std::chrono::milliseconds(50)};
    }
}

// Until the stream is ACTIVE with that encryption, asked for as often as it takes.
env::Task<bool> until_encryption(Scene& scene, SimulatedClient& client, std::string key,
                                 bool encrypted) {
    const std::string body =
        R"({"StreamName":"s","EncryptionType":"KMS","KeyId":")" + key + R"("})";
    const std::string wanted =
        encrypted ? R"("EncryptionType":"KMS")" : R"("EncryptionType":"NONE")";
    const std::string of_key = R"({"KeyId":")" + key + R"("})";
    while (true) {
        const auto summary =
            co_await insist(scene, client, "DescribeStreamSummary", R"({"StreamName":"s"})");
        if (!summary || !co_await insist(scene, client, "TrentService.DescribeKey", of_key))
            co_return false;
        const bool active = summary->contains("\"ACTIVE\"");
        if (active && summary->contains(wanted)) co_return true;
        if (active)
            (void)co_await client.call(encrypted ? "StartStreamEncryption" : "StopStreamEncryption",
                                       body);
        co_await sim::pause{scene.world, std::chrono::milliseconds(20)};
    }
}

}  // namespace

env::Task<void> keep_key(Scene& scene, SimulatedClient& client) {
    const Part part(scene.changing);
    const auto made = co_await insist(scene, client, "TrentService.CreateKey", "{}");
    const std::string key = scene.key = texts_of(*made, "KeyId").at(0);
    const std::string body = R"({"KeyId":")" + key + R"("})";
    bool encrypted = false;
    while (!scene.quiet) {
        co_await scene.think(std::chrono::milliseconds(40));
        ++scene.deeds.key_changes;
        const auto draw = scene.below(10);
        if (!encrypted) {
            if (!co_await until_encryption(scene, client, key, true)) co_return;
            encrypted = true;
        } else if (draw < 5) {
            if (!co_await insist(scene, client, "TrentService.DisableKey", body)) co_return;
            ++scene.key_epoch;
            co_await scene.think(std::chrono::milliseconds(30));
            ++scene.key_epoch;
            if (!co_await insist(scene, client, "TrentService.EnableKey", body)) co_return;
        } else if (draw < 8) {
            (void)co_await client.call("TrentService.RotateKeyOnDemand", body);
        } else {
            if (!co_await until_encryption(scene, client, key, false)) co_return;
            encrypted = false;
        }
    }
}

}  // namespace fors::test
