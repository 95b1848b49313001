// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any request line, headers and body before the verifier. Nothing is accepted that was
// not signed with the secret; what is signed with it is accepted, and no longer with one byte
// changed.
#include <cstdint>
#include <string>
#include <vector>

#include "auth/auth.h"
#include "base/assert.h"
#include "base/bytes.h"

namespace fors::auth {
namespace {

constexpr int64_t now_ms = 1'795'000'000'000;
const AccessKey key{"AKIDEXAMPLE", "a secret that the fuzzer does not know", "123456789012"};

std::string_view take_line(std::string_view& text) {
    const size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    return line;
}

// path?query, then headers up to an empty line, then the body.
http::Request request_of(std::string_view text) {
    http::Request request;
    request.method = "POST";
    const std::string_view target = take_line(text);
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (question != std::string_view::npos) request.query = target.substr(question + 1);
    while (!text.empty()) {
        const std::string_view line = take_line(text);
        if (line.empty()) break;
        const size_t colon = line.find(':');
        if (colon == 0 || colon == std::string_view::npos) continue;
        request.headers.push_back({line.substr(0, colon), line.substr(colon + 1)});
    }
    request.body = std::string(text);
    return request;
}

void expect_own_signature_fits(http::Request request, Verifier& verifier) {
    std::erase_if(request.headers, [](const http::Header& header) {
        return header.name == "authorization" || header.name == "x-amz-date" ||
               header.name == "x-amz-content-sha256" || header.name == "x-amz-target";
    });
    if (request.query.find("X-Amz-") != std::string_view::npos) return;
    if (request.header("host").empty()) return;
    const Signed made = sign({.path = request.path,
                              .query = request.query,
                              .headers = {{"host", request.header("host")}},
                              .body = request.body,
                              .region = "us-east-1",
                              .now_ms = now_ms},
                             key);
    request.headers.push_back({"x-amz-date", made.amz_date});
    request.headers.push_back({"authorization", made.authorization});
    size_t hosts = 0;
    for (const http::Header& header : request.headers) hosts += header.name == "host";
    FORS_ASSERT(hosts > 1 || verifier.verify(request, now_ms));
    request.body.push_back('x');
    FORS_ASSERT(!verifier.verify(request, now_ms));
}

}  // namespace
}  // namespace fors::auth

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::auth;
    static const auto open = make_verifier({});
    static const auto verifying = make_verifier({key});
    const std::string_view text = fors::as_text(std::as_bytes(std::span(data, size)));
    fors::http::Request request = request_of(text);
    (void)open->verify(request, now_ms);
    FORS_ASSERT(!verifying->verify(request, now_ms));
    expect_own_signature_fits(std::move(request), *verifying);
    return 0;
}
