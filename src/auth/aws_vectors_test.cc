// SPDX-License-Identifier: Apache-2.0
// AWS's own test suite of Signature Version 4: canonical forms to the byte, signatures accepted,
// and no longer when anything signed was changed.
#include <gtest/gtest.h>

#include <cctype>
#include <deque>

#include "auth/auth.h"
#include "auth/sigv4.h"
#include "auth/test_aws_vectors.h"

namespace fors::auth {
namespace {

constexpr int64_t signed_ms = 1'440'938'160'000;  // 2015-08-30 12:36:00 UTC
const AccessKey key{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "123456789012"};

// The request of a vector; what it points into lives as long as it.
struct Parsed {
    explicit Parsed(const AwsVector& vector) {
        std::string_view rest = vector.request;
        std::string_view first = line_of(rest);
        request.method = first.substr(0, first.find(' '));
        // The target may hold blanks: it ends where the version begins.
        std::string_view target = first.substr(first.find(' ') + 1);
        target = target.substr(0, target.rfind(" HTTP/"));
        const size_t question = target.find('?');
        request.path = target.substr(0, question);
        if (question != std::string_view::npos) request.query = target.substr(question + 1);
        while (!rest.empty()) {
            const std::string_view line = line_of(rest);
            if (line.empty()) break;
            if (line.front() == ' ') {  // folded; the server's HTTP/1.1 refuses such
                texts.push_back(std::string(request.headers.back().value) + std::string(line));
                request.headers.back().value = texts.back();
                continue;
            }
            const size_t colon = line.find(':');
            texts.emplace_back(line.substr(0, colon));
            for (char& c : texts.back()) c = static_cast<char>(std::tolower(c));
            request.headers.push_back({texts.back(), line.substr(colon + 1)});
        }
        request.body = rest;
        request.headers.push_back({"authorization", vector.authorization});
    }

    static std::string_view line_of(std::string_view& text) {
        const size_t end = std::min(text.find('\n'), text.size());
        const std::string_view line = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        return line;
    }

    std::string_view header(std::string_view name) const { return request.header(name); }

    std::deque<std::string> texts;
    http::Request request;
};

std::string_view parameter(std::string_view authorization, std::string_view name) {
    const size_t at = authorization.find(name) + name.size() + 1;
    return authorization.substr(at, authorization.find(',', at) - at);
}

TEST(AwsTestSuite, canonical_forms) {
    for (const AwsVector& vector : aws_vectors) {
        const Parsed parsed(vector);
        const HexDigest hash = hex(sha256(parsed.request.body));
        EXPECT_EQ(
            canonical_request({.method = parsed.request.method,
                               .path = parsed.request.path,
                               .query = parsed.request.query,
                               .headers = parsed.request.headers,
                               .signed_headers = parameter(vector.authorization, "SignedHeaders"),
                               .payload_hash = hash}),
            vector.canonical)
            << vector.name;
    }
}

TEST(AwsTestSuite, signatures) {
    const auto verifier = make_verifier({key});
    for (const AwsVector& vector : aws_vectors) {
        Parsed parsed(vector);
        const auto caller = verifier->verify(parsed.request, signed_ms);
        EXPECT_TRUE(caller) << vector.name << ": " << caller.error().message;
        parsed.request.body += ' ';
        EXPECT_FALSE(verifier->verify(parsed.request, signed_ms)) << vector.name;
    }
}

TEST(AwsTestSuite, every_signed_header_counts) {
    const auto verifier = make_verifier({key});
    size_t changed = 0;
    for (const AwsVector& vector : aws_vectors) {
        const std::string names =
            ";" + std::string(parameter(vector.authorization, "SignedHeaders")) + ";";
        const size_t count = Parsed(vector).request.headers.size();
        for (size_t at = 0; at < count; ++at) {
            Parsed parsed(vector);
            http::Header& header = parsed.request.headers[at];
            if (!names.contains(";" + std::string(header.name) + ";")) continue;
            const std::string other = std::string(header.value) + "x";
            header.value = other;
            EXPECT_FALSE(verifier->verify(parsed.request, signed_ms)) << vector.name << header.name;
            ++changed;
        }
    }
    EXPECT_GT(changed, 68u);
}

}  // namespace
}  // namespace fors::auth
