// SPDX-License-Identifier: Apache-2.0
// Answers that need no service.
#include "core/front_end.h"

#include <array>
#include <cstring>

#include "base/base64.h"

namespace fors::core {

namespace {

// splitmix64 (public domain, S. Vigna): ids need to differ, not to be unguessable.
uint64_t next(uint64_t& state) {
    uint64_t z = (state += 0x9E37'79B9'7F4A'7C15U);
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBU;
    return z ^ (z >> 31);
}

}  // namespace

// A structure of which nothing is asked.
struct Any {};

}  // namespace fors::core

namespace fors::wire {

template <>
struct Shape<fors::core::Any> {
    static constexpr std::string_view name = "Any";
    static constexpr std::span<const Field> fields{};
};

}  // namespace fors::wire

namespace fors::core {

Media media_of(std::string_view content_type) {
    content_type = content_type.substr(0, content_type.find(';'));
    while (content_type.ends_with(' ')) content_type.remove_suffix(1);
    while (content_type.starts_with(' ')) content_type.remove_prefix(1);
    if (content_type == "application/x-amz-json-1.1") return Media::json;
    if (content_type == "application/x-amz-cbor-1.1") return Media::cbor;
    if (content_type == "application/json") return Media::plain_json;
    return Media::other;
}

bool parses(wire::Format format, std::string_view body) {
    Arena arena;
    Any any;
    auto decoded = wire::decode(format, body, arena, wire::table_of<Any>, &any);
    return decoded || !decoded.error().message.empty();
}

http::Response preflight_answer(const http::Request& request, http::Response response) {
    const auto echo = [&](std::string_view asked, std::string_view granted) {
        if (const auto value = request.header(asked); value.data())
            response.headers.push_back({granted, std::string(value)});
    };
    echo("access-control-request-headers", "access-control-allow-headers");
    echo("access-control-request-method", "access-control-allow-methods");
    response.headers.push_back({"access-control-max-age", "172800"});
    return response;
}

http::Response unroutable_answer(http::Response response) {
    response.status = 403;
    response.body =
        "<AccessDeniedException>\n  <Message>Unable to determine service/operation name to be "
        "authorized</Message>\n</AccessDeniedException>\n";
    return response;
}

http::Response unknown_media_answer(http::Response response) {
    response.status = 404;
    response.body = "<UnknownOperationException/>\n";
    return response;
}

http::Response plain_json_answer(bool parsed, http::Response response) {
    response.status = parsed ? 404 : 400;
    response.content_type = "application/json";
    response.body = std::string(R"({"Output":{"__type":"com.amazon.coral.service#)") +
                    (parsed ? "UnknownOperationException" : "SerializationException") +
                    R"("},"Version":"1.0"})";
    return response;
}

std::string uuid(uint64_t& state) {
    constexpr char digits[] = "0123456789abcdef";
    std::string text = "xxxxxxxx-xxxx-4xxx-xxxx-xxxxxxxxxxxx";
    uint64_t bits = next(state);
    int left = 16;
    for (char& c : text) {
        if (c != 'x') continue;
        if (left-- == 0) {
            bits = next(state);
            left = 15;
        }
        c = digits[bits & 15];
        bits >>= 4;
    }
    text[19] = "89ab"[next(state) & 3];
    return text;
}

std::string extended_request_id(uint64_t& state) {
    std::array<std::byte, 72> bytes;
    for (size_t at = 0; at < bytes.size(); at += 8) {
        const uint64_t value = next(state);
        std::memcpy(bytes.data() + at, &value, sizeof(value));
    }
    std::string text;
    base64::encode(bytes, text);
    return text;
}

}  // namespace fors::core
