// SPDX-License-Identifier: Apache-2.0
// Verification against signatures that botocore 1.43.11 made (26-11-23, 19:00 UTC), and against
// what must be refused.
#include "auth/auth.h"

#include <gtest/gtest.h>

#include <functional>
#include <optional>

#include "auth/sigv4.h"

namespace fors::auth {
namespace {

constexpr int64_t signed_ms = 1'795'460'400'000;
constexpr int64_t minute_ms = 60'000;
const AccessKey key{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "123456789012"};
constexpr std::string_view usual_headers = "content-type;host;x-amz-date;x-amz-target";

struct Vector {
    std::string_view name, path, query;
    std::vector<http::Header> more_headers;
    std::string_view body, signed_headers, signature;
};

const std::vector<Vector> vectors{
    {"a post with a body",
     "/",
     "",
     {},
     R"({"Limit":10})",
     usual_headers,
     "23dd6c2e252b50452d4cd9bb4f10d893241a860296cca57ac09586b26286d796"},
    {"an empty body",
     "/",
     "",
     {},
     "",
     usual_headers,
     "113b5a0c22f809e6f90f90617dbfb5162e4661766b3eb877b150e0359243a58f"},
    {"blanks in a header value",
     "/",
     "",
     {{"x-odd", "  a   b  "}},
     "{}",
     "content-type;host;x-amz-date;x-amz-target;x-odd",
     "4ef8e2e4f3fbbdf79373c352271c4453a74844e88f0f0c519fda0db82075757e"},
    {"query parameters out of order",
     "/",
     "b=2&a=z&a=%20x&c",
     {},
     "{}",
     usual_headers,
     "e126d7f984733204ce8d29a07a5cc2aa65293217f6055ca6a30928a5514fef7b"},
    {"a path that needs encoding",
     "/a%20b/~c//d",
     "",
     {},
     "{}",
     usual_headers,
     "56229bb4924e29fe9c17df2c83d6815463ad13b09ed3f8a62d524eec7205d8d3"},
    {"a session token",
     "/",
     "",
     {{"x-amz-security-token", "session/token+with=signs"}},
     "{}",
     "content-type;host;x-amz-date;x-amz-security-token;x-amz-target",
     "cb02b19639ea33ed3474148a315bb1761e13d0de527219712223343d2c8bcfe4"},
};

// A request whose views point into `texts`, which the caller keeps.
struct Sent {
    std::string authorization;
    http::Request request;
};

std::unique_ptr<Sent> sent(const Vector& vector) {
    auto made = std::make_unique<Sent>();
    made->authorization =
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/kinesis/aws4_request, "
        "SignedHeaders=" +
        std::string(vector.signed_headers) + ", Signature=" + std::string(vector.signature);
    http::Request& request = made->request;
    request.method = "POST";
    request.path = vector.path;
    request.query = vector.query;
    request.headers = {{"x-amz-target", "Kinesis_20131202.ListStreams"},
                       {"content-type", "application/x-amz-json-1.1"},
                       {"host", "kinesis.us-east-1.amazonaws.com"},
                       {"x-amz-date", "20261123T190000Z"},
                       {"authorization", made->authorization}};
    for (const http::Header& header : vector.more_headers) request.headers.push_back(header);
    request.body = vector.body;
    return made;
}

void set(http::Request& request, std::string_view name, std::string_view value) {
    for (http::Header& header : request.headers)
        if (header.name == name) header.value = value;
}

// Nothing when it is accepted.
std::optional<Code> refusal(const http::Request& request, int64_t now_ms = signed_ms) {
    auto verified = make_verifier({key})->verify(request, now_ms);
    return verified ? std::nullopt : std::optional(verified.error().code);
}

TEST(SigV4, accepts_what_botocore_signs) {
    const auto verifier = make_verifier({{"AKIDOTHER", "x", "999999999999"}, key});
    for (const Vector& vector : vectors) {
        auto caller = verifier->verify(sent(vector)->request, signed_ms);
        ASSERT_TRUE(caller) << vector.name << ": " << caller.error().message;
        EXPECT_EQ(caller->access_key_id, "AKIDEXAMPLE");
        EXPECT_EQ(caller->account, "123456789012");
        EXPECT_EQ(caller->region, "us-east-1");
    }
}

TEST(SigV4, refuses_whatever_was_changed_after_signing) {
    const std::vector<std::pair<const char*, std::function<void(http::Request&)>>> changes{
        {"body", [](auto& r) { r.body += " "; }},
        {"path", [](auto& r) { r.path = "/x"; }},
        {"query", [](auto& r) { r.query = "x=1"; }},
        {"method", [](auto& r) { r.method = "PUT"; }},
        {"target", [](auto& r) { set(r, "x-amz-target", "Kinesis_20131202.DeleteStream"); }},
        {"host", [](auto& r) { set(r, "host", "elsewhere"); }},
        {"date", [](auto& r) { set(r, "x-amz-date", "20261123T190001Z"); }},
    };
    for (const auto& [name, change] : changes) {
        auto altered = sent(vectors[0]);
        change(altered->request);
        EXPECT_EQ(refusal(altered->request), Code::invalid_signature) << name;
    }
}

TEST(SigV4, refuses_every_altered_digit_of_a_signature) {
    const size_t digits = vectors[0].signature.size();
    for (size_t at = 0; at < digits; ++at) {
        auto altered = sent(vectors[0]);
        char& digit = altered->authorization[altered->authorization.size() - digits + at];
        digit = digit == '0' ? '1' : '0';
        EXPECT_EQ(refusal(altered->request), Code::invalid_signature) << at;
    }
}

TEST(SigV4, allows_a_quarter_of_an_hour_of_skew) {
    const auto request = sent(vectors[0]);
    for (const int64_t direction : {-1, 1}) {
        EXPECT_EQ(refusal(request->request, signed_ms + direction * 15 * minute_ms), std::nullopt);
        EXPECT_EQ(refusal(request->request, signed_ms + direction * (15 * minute_ms + 1)),
                  Code::invalid_signature);
    }
}

// As at AWS a signature is no ticket for one call: who can read the line can say it again, for a
// quarter of an hour, unchanged. TLS is what keeps others from reading it.
TEST(SigV4, a_request_may_be_said_again_within_the_window) {
    const auto verifier = make_verifier({key});
    const auto request = sent(vectors[0]);
    for (const int64_t later_ms : {int64_t{0}, int64_t{1}, 15 * minute_ms})
        EXPECT_TRUE(verifier->verify(request->request, signed_ms + later_ms));
    EXPECT_FALSE(verifier->verify(request->request, signed_ms + 15 * minute_ms + 1));
}

TEST(SigV4, takes_no_body_that_is_not_signed_as_a_whole) {
    for (const std::string_view payload :
         {"UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
          "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
          "STREAMING-AWS4-HMAC-SHA256-EVENTS"}) {
        // Signed properly, with the marker in place of the body's hash.
        http::Request request;
        request.method = "POST";
        request.path = "/";
        request.body = "{}";
        request.headers = {
            {"host", "h"}, {"x-amz-date", "20261123T190000Z"}, {"x-amz-content-sha256", payload}};
        constexpr std::string_view names = "host;x-amz-content-sha256;x-amz-date";
        const Scope scope{"20261123", "us-east-1", "kinesis"};
        const std::string text =
            string_to_sign("20261123T190000Z", scope,
                           sha256(canonical_request({.method = "POST",
                                                     .path = "/",
                                                     .headers = request.headers,
                                                     .signed_headers = names,
                                                     .payload_hash = payload})));
        const std::string authorization =
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/kinesis/aws4_request, "
            "SignedHeaders=" +
            std::string(names) +
            ", Signature=" + std::string(hex(signing_key(key.secret, scope).sign(text)));
        request.headers.push_back({"authorization", authorization});
        const auto verified = make_verifier({key})->verify(request, signed_ms);
        ASSERT_FALSE(verified) << payload;
        EXPECT_EQ(verified.error().code, Code::invalid_signature);
        EXPECT_TRUE(verified.error().message.contains(payload)) << verified.error().message;
    }
}

TEST(SigV4, takes_no_body_of_another_hash_than_declared) {
    auto lying = sent(vectors[0]);
    lying->request.headers.push_back({"x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb924"});
    EXPECT_EQ(refusal(lying->request), Code::invalid_signature);
}

TEST(SigV4, tells_an_unknown_key_from_a_wrong_secret) {
    const auto request = sent(vectors[0]);
    auto stranger = make_verifier({{"AKIDOTHER", key.secret, key.account}});
    EXPECT_EQ(stranger->verify(request->request, signed_ms).error().code, Code::unknown_access_key);
    auto other_secret = make_verifier({{key.id, "another", key.account}});
    EXPECT_EQ(other_secret->verify(request->request, signed_ms).error().code,
              Code::invalid_signature);
}

// The query form, for an hour from the signing on.
constexpr std::string_view presigned =
    "Action=x%2Fy&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261123%2F"
    "us-east-1%2Fkinesis%2Faws4_request&X-Amz-Date=20261123T190000Z&X-Amz-Expires=3600&"
    "X-Amz-SignedHeaders=host&X-Amz-Signature="
    "c046ef7cb01da50d0436e076dd75fe87e8f9a6a17dc8c4865d92c57f31daa291";

http::Request presigned_request(std::string_view query = presigned) {
    http::Request request;
    request.method = "POST";
    request.path = "/";
    request.query = query;
    request.headers = {{"host", "kinesis.us-east-1.amazonaws.com"}};
    return request;
}

TEST(SigV4, accepts_a_presigned_request_until_it_expires) {
    EXPECT_EQ(refusal(presigned_request()), std::nullopt);
    EXPECT_EQ(refusal(presigned_request(), signed_ms + 60 * minute_ms), std::nullopt);
    EXPECT_EQ(refusal(presigned_request(), signed_ms + 60 * minute_ms + 1),
              Code::invalid_signature);
    EXPECT_EQ(refusal(presigned_request(), signed_ms - 15 * minute_ms), std::nullopt);
    EXPECT_EQ(refusal(presigned_request(), signed_ms - 15 * minute_ms - 1),
              Code::invalid_signature);
    std::string longer(presigned);
    longer.replace(longer.find("=3600"), 5, "=3601");
    EXPECT_EQ(refusal(presigned_request(longer)), Code::invalid_signature);
}

TEST(SigV4, refuses_both_forms_at_once) {
    auto both = sent(vectors[0]);
    both->request.query = presigned;
    EXPECT_EQ(refusal(both->request), Code::invalid_signature);
}

TEST(SigV4, tells_what_is_missing) {
    auto none = sent(vectors[0]);
    std::erase_if(none->request.headers, [](auto& h) { return h.name == "authorization"; });
    EXPECT_EQ(refusal(none->request), Code::missing_authentication);
    auto no_date = sent(vectors[0]);
    std::erase_if(no_date->request.headers, [](auto& h) { return h.name == "x-amz-date"; });
    EXPECT_EQ(refusal(no_date->request), Code::incomplete_signature);
    for (const std::string_view value :
         {"AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE", "Basic dXNlcjpwYXNz",
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/kinesis, "
          "SignedHeaders=host, Signature=00",
          "AWS4-HMAC-SHA256 Credential=A/20261123/us-east-1/kinesis/aws4_request, Signature=00"}) {
        auto broken = sent(vectors[0]);
        set(broken->request, "authorization", value);
        const auto code = refusal(broken->request);
        EXPECT_TRUE(code == Code::incomplete_signature || code == Code::missing_authentication)
            << value;
    }
}

TEST(SigV4, refuses_a_signature_that_leaves_out_the_host) {
    auto weak = sent(vectors[0]);
    const size_t at = weak->authorization.find("host;");
    weak->authorization.erase(at, 5);
    set(weak->request, "authorization", weak->authorization);
    EXPECT_TRUE(refusal(weak->request));
}

// The rest of the signature is right: only what it covers is too little.
TEST(SigV4, refuses_a_signature_that_does_not_cover_host_and_target) {
    const auto said_to = [](std::string_view names, bool with_target) {
        std::vector<http::Header> headers{{"host", "h"}, {"x-amz-date", "20261123T190000Z"}};
        if (with_target) headers.push_back({"x-amz-target", "Kinesis_20131202.DeleteStream"});
        const Scope scope{"20261123", "us-east-1", "kinesis"};
        const HexDigest hash = hex(sha256("{}"));
        const std::string text = string_to_sign("20261123T190000Z", scope,
                                                sha256(canonical_request({.method = "POST",
                                                                          .path = "/",
                                                                          .headers = headers,
                                                                          .signed_headers = names,
                                                                          .payload_hash = hash})));
        const std::string authorization =
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261123/us-east-1/kinesis/aws4_request, "
            "SignedHeaders=" +
            std::string(names) +
            ", Signature=" + std::string(hex(signing_key(key.secret, scope).sign(text)));
        http::Request request;
        request.method = "POST";
        request.path = "/";
        request.body = "{}";
        request.headers = headers;
        request.headers.push_back({"authorization", authorization});
        const auto verified = make_verifier({key})->verify(request, signed_ms);
        return verified ? "" : verified.error().message;
    };
    EXPECT_EQ(said_to("host;x-amz-date;x-amz-target", true), "");
    EXPECT_EQ(said_to("host;x-amz-date", false), "");
    EXPECT_EQ(said_to(":authority;x-amz-date;x-amz-target", true), "");
    for (const char* names : {"host;host;x-amz-date;x-amz-target", "x-amz-date;host;x-amz-target",
                              "host;x-amz-date;x-amz-target;"})
        EXPECT_EQ(said_to(names, true),
                  "'SignedHeaders' must name each header once, in the order of the names.");
    EXPECT_EQ(said_to("host;x-amz-date", true),
              "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
    EXPECT_EQ(said_to("x-amz-date;x-amz-target", true),
              "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
}

TEST(SigV4, takes_no_region_that_would_not_fit_into_an_arn) {
    for (const std::string_view region : {"us-\xff", "us\"", "a b", "us:east", ""}) {
        auto odd = sent(vectors[0]);
        odd->authorization.replace(odd->authorization.find("us-east-1"), 9, region);
        set(odd->request, "authorization", odd->authorization);
        EXPECT_EQ(refusal(odd->request), Code::incomplete_signature) << region;
        auto open = make_verifier({})->verify(odd->request, signed_ms);
        ASSERT_FALSE(open);
        EXPECT_EQ(open.error().code, Code::incomplete_signature) << region;
    }
}

TEST(SigV4, verifies_what_it_signs_on_any_day_for_any_region) {
    const auto verifier = make_verifier({key});
    for (const std::string_view region : {"us-east-1", "eu-central-1"})
        for (int day = 0; day < 3; ++day) {
            const int64_t now_ms = signed_ms + day * 24 * 60 * minute_ms;
            http::Request request;
            request.method = "POST";
            request.path = "/";
            request.body = "{}";
            const Signed made = sign({.headers = {{"host", "localhost:4566"}},
                                      .body = request.body,
                                      .region = region,
                                      .now_ms = now_ms},
                                     key);
            request.headers = {{"host", "localhost:4566"},
                               {"x-amz-date", made.amz_date},
                               {"authorization", made.authorization}};
            auto caller = verifier->verify(request, now_ms);
            ASSERT_TRUE(caller) << caller.error().message;
            EXPECT_EQ(caller->region, region);
        }
}

TEST(AmzDate, is_read_as_it_is_written) {
    for (const int64_t ms : {int64_t{0}, int64_t{951'782'400'000}, int64_t{1'795'910'400'000}})
        EXPECT_EQ(parse_amz_date(format_amz_date(ms)), ms);
    EXPECT_EQ(parse_amz_date("20240229T235960Z"), parse_amz_date("20240301T000000Z"));
    for (const char* none : {"20260230T000000Z", "20261301T000000Z", "20260001T000000Z",
                             "20260101T240000Z", "20260101T006000Z", "20260101T000061Z",
                             "20260101 000000Z", "20260101T000000", "2026010xT000000Z", ""})
        EXPECT_EQ(parse_amz_date(none), -1) << none;
}

TEST(OpenMode, takes_any_well_formed_signature) {
    const auto open = make_verifier({});
    auto anybody = sent(vectors[0]);
    anybody->request.body = "something else";
    auto caller = open->verify(anybody->request, signed_ms + 1000 * minute_ms);
    ASSERT_TRUE(caller) << caller.error().message;
    EXPECT_EQ(caller->account, default_account);
    // Twelve digits name an account.
    std::string authorization = anybody->authorization;
    authorization.replace(authorization.find("AKIDEXAMPLE"), 11, "210987654321");
    set(anybody->request, "authorization", authorization);
    EXPECT_EQ(open->verify(anybody->request, signed_ms)->account, "210987654321");
    set(anybody->request, "authorization", "AWS4-HMAC-SHA256 nonsense");
    EXPECT_FALSE(open->verify(anybody->request, signed_ms));
}

}  // namespace
}  // namespace fors::auth
