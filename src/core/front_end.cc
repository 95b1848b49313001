// SPDX-License-Identifier: Apache-2.0
// Answers that need no service.
#include "core/front_end.h"

#include <algorithm>
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
    if (content_type == "application/x-amz-json-1.0") return Media::json_1_0;
    if (content_type == "application/cbor") return Media::rpc_cbor;
    if (content_type == "application/x-www-form-urlencoded") return Media::form;
    if (content_type == "application/json") return Media::plain_json;
    return Media::other;
}

wire::Format format_of(Media media) {
    switch (media) {
        case Media::cbor:
            return wire::Format::cbor;
        case Media::json_1_0:
            return wire::Format::json_1_0;
        case Media::rpc_cbor:
            return wire::Format::rpc_cbor;
        case Media::form:
            return wire::Format::query;
        default:
            return wire::Format::json;
    }
}

std::string rpc_target(std::string_view path) {
    constexpr std::string_view service = "/service/", operation = "/operation/";
    const size_t middle = path.find(operation);
    if (!path.starts_with(service) || middle == path.npos) return {};
    std::string target(path.substr(service.size(), middle - service.size()));
    return target.append(".").append(path.substr(middle + operation.size()));
}

std::string_view form_parameter(std::string_view body, std::string_view name) {
    while (!body.empty()) {
        const std::string_view part = body.substr(0, body.find('&'));
        body.remove_prefix(std::min(part.size() + 1, body.size()));
        if (part.size() > name.size() && part.starts_with(name) && part[name.size()] == '=')
            return part.substr(name.size() + 1);
    }
    return {};
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
