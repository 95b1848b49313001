// SPDX-License-Identifier: Apache-2.0
// Request and Response: one HTTP exchange as values, the same for HTTP/1.1 and HTTP/2.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace fors::http {

struct Header {
    std::string_view name;  // lower case
    std::string_view value;
};

// Views point into `storage`, which moves with the request without moving in memory; so a Request
// can be moved but not copied.
struct Request {
    Request() = default;
    Request(Request&&) = default;
    Request& operator=(Request&&) = default;
    Request(const Request&) = delete;
    Request& operator=(const Request&) = delete;

    std::string_view method;
    std::string_view path;        // before '?', as received (still percent-encoded)
    std::string_view query;       // after '?', as received; empty when none
    std::vector<Header> headers;  // in order of arrival; HTTP/2's :authority appears as "host"
    std::string peer;             // the client's address, without its port
    bool encrypted = false;       // came over TLS
    std::string
        body;  // at least `body_padding` bytes of capacity beyond size(), for the JSON parser

    // The first header of that (lower-case) name; nullptr data() when absent.
    std::string_view header(std::string_view name) const {
        for (const Header& h : headers)
            if (h.name == name) return h.value;
        return {};
    }

    // Owns what the views point to: one heap block per request, filled by the protocol, never by
    // others.
    std::unique_ptr<char[]> storage;
};

inline constexpr size_t body_padding = 64;

struct ResponseHeader {
    std::string_view name;  // lower case, a literal
    std::string value;
};

struct Response {
    int status = 200;
    std::string_view content_type;  // a literal; empty: none sent
    std::vector<ResponseHeader> headers;
    std::string body;
};

}  // namespace fors::http
