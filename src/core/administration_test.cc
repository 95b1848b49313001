// SPDX-License-Identifier: Apache-2.0
// Who may administer a server.
#include "core/administration.h"

#include <gtest/gtest.h>

namespace fors::core {
namespace {

constexpr int64_t now_ms = 1'800'000'000'000;
const auth::AccessKey root{"AKROOT", "the root's secret", "111122223333"};
const auth::AccessKey other{"AKOTHER", "somebody's secret", "111122223333"};

struct Asked {
    std::string peer = "127.0.0.1";
    std::string body = "{}";
    std::vector<http::Header> headers = {{"host", "localhost"}};
};

// As it arrives, signed by `key`, or not.
http::Request request(Asked asked, const auth::AccessKey* key = nullptr,
                      int64_t signed_ms = now_ms) {
    static std::vector<std::unique_ptr<auth::Signed>> kept;
    http::Request made;
    made.method = "POST";
    made.path = "/_fors/verify";
    made.peer = asked.peer;
    made.body = asked.body;
    made.headers = asked.headers;
    if (!key) return made;
    kept.push_back(std::make_unique<auth::Signed>(auth::sign({.path = made.path,
                                                              .headers = made.headers,
                                                              .body = made.body,
                                                              .service = "fors",
                                                              .region = "us-east-1",
                                                              .now_ms = signed_ms},
                                                             *key)));
    made.headers.push_back({"authorization", kept.back()->authorization});
    made.headers.push_back({"x-amz-date", kept.back()->amz_date});
    return made;
}

Code outcome(const http::Request& request, bool open) {
    auto verifier = open ? auth::make_verifier({}) : auth::make_verifier({root, other});
    auto may = may_administer(request, *verifier, open ? "" : root.id, now_ms);
    return may ? Code{} : may.error().code;
}
constexpr Code allowed{};

TEST(Administration, in_open_mode_is_for_this_machine) {
    for (const char* peer : {"127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1"})
        EXPECT_EQ(outcome(request({.peer = peer}), true), allowed) << peer;
    for (const char* peer : {"10.0.0.1", "::2", "1.127.0.1", "::ffff:10.0.0.1", "?", ""})
        EXPECT_EQ(outcome(request({.peer = peer}), true), Code::access_denied) << peer;
}

TEST(Administration, is_never_for_browsers) {
    const Asked asked{.headers = {{"host", "localhost"}, {"origin", "null"}}};
    EXPECT_EQ(outcome(request(asked), true), Code::access_denied);
    EXPECT_EQ(outcome(request(asked, &root), false), Code::access_denied);
}

TEST(Administration, with_credentials_is_for_the_root_account_from_anywhere) {
    EXPECT_EQ(outcome(request({}), false), Code::missing_authentication);
    EXPECT_EQ(outcome(request({}, &root), false), allowed);
    EXPECT_EQ(outcome(request({.peer = "10.0.0.1"}, &root), false), allowed);
    EXPECT_EQ(outcome(request({}, &other), false), Code::access_denied);
    const auth::AccessKey wrong{root.id, "guessed", root.account};
    EXPECT_EQ(outcome(request({}, &wrong), false), Code::invalid_signature);
    EXPECT_EQ(outcome(request({}, &root, now_ms - 1'000'000), false), Code::invalid_signature);
}

TEST(Administration, a_signature_covers_the_body) {
    http::Request changed = request({}, &root);
    changed.body = R"({"directory":"elsewhere"})";
    EXPECT_EQ(outcome(changed, false), Code::invalid_signature);
    http::Request unsigned_body = request(
        {.headers = {{"host", "localhost"}, {"x-amz-content-sha256", "UNSIGNED-PAYLOAD"}}}, &root);
    EXPECT_NE(outcome(unsigned_body, false), allowed);
}

}  // namespace
}  // namespace fors::core
