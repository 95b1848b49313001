// SPDX-License-Identifier: Apache-2.0
// The patched signatures are those that auth makes.
#include "load/signer.h"

#include <gtest/gtest.h>

#include <map>

namespace fors::load {
namespace {

std::string made_by_auth(const Signer::Scope& scope, std::string_view body, int64_t now_ms) {
    auth::SigningInput input{.path = scope.path,
                             .headers = {{"content-type", "application/x-amz-json-1.1"},
                                         {"host", scope.host},
                                         {"x-amz-target", "Kinesis_20131202.PutRecord"}},
                             .body = body,
                             .region = scope.region,
                             .now_ms = now_ms};
    if (!scope.session_token.empty())
        input.headers.push_back({"x-amz-security-token", scope.session_token});
    return auth::sign(input, scope.key).authorization;
}

void compare(const Signer::Scope& scope) {
    Signer signer(scope, "PutRecord");
    constexpr int64_t day_ms = 86'400'000;
    for (const int64_t now_ms : {int64_t{1'790'000'000'123}, int64_t{1'790'000'000'999},
                                 int64_t{1'790'000'001'000}, 1'790'000'001'000 + day_ms}) {
        for (const std::string body : {"{}", R"({"StreamName":"s","Data":"eA=="})"}) {
            std::map<std::string_view, std::string_view> sent;
            for (const http::Header& each : signer.sign(payload_hash(body), now_ms))
                sent[each.name] = each.value;
            EXPECT_EQ(sent["authorization"], made_by_auth(scope, body, now_ms));
            EXPECT_EQ(sent["x-amz-security-token"], scope.session_token);
        }
    }
}

TEST(Signer, signs_as_auth_does) {
    compare({.host = "127.0.0.1:4566",
             .path = "/",
             .region = "eu-central-1",
             .session_token = {},
             .key = {"AKIAEXAMPLE", "a secret", {}}});
}

TEST(Signer, with_a_session_token_and_a_path) {
    compare({.host = "kinesis.example",
             .path = "/behind/a proxy/",
             .region = "us-east-1",
             .session_token = "a/token==",
             .key = {"ASIAEXAMPLE", "another", {}}});
}

}  // namespace
}  // namespace fors::load
