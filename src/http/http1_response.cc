// SPDX-License-Identifier: Apache-2.0
// Response heads are written by appending to the output: no stream, no format string, no temporary.
#include "http/http1_response.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/output.h"

namespace fors::http {

namespace {

struct Reason {
    int status;
    std::string_view text;
};

constexpr Reason reasons[] = {
    {100, "Continue"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

// A value with a line end in it would begin a header of its own.
void append_value(std::string& to, std::string_view value) {
    const size_t at = to.size();
    to += value;
    flatten(to, at);
}

void append_number(std::string& to, size_t number) {
    std::array<char, 24> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    to.append(digits.data(), result.ptr);
}

void append_status_line(std::string& to, int status) {
    if (status == 200) {
        to += "HTTP/1.1 200 OK\r\n";
        return;
    }
    to += "HTTP/1.1 ";
    append_number(to, static_cast<size_t>(std::clamp(status, 100, 999)));
    to += ' ';
    to += reason_phrase(status);
    to += "\r\n";
}

// Room for the head and a small body, so that the output grows once.
size_t head_bytes_about(const Response& response) {
    size_t size = 128 + response.content_type.size();
    for (const ResponseHeader& header : response.headers)
        size += header.name.size() + header.value.size() + 4;
    return response.body.size() < Output::own_piece_bytes ? size + response.body.size() : size;
}

}  // namespace

std::string_view reason_phrase(int status) {
    const auto* found = std::ranges::lower_bound(reasons, status, {}, &Reason::status);
    return found != std::end(reasons) && found->status == status ? found->text : "";
}

void flatten(std::string& text, size_t from) {
    // Nearly always there is none of them, which the compiler finds out for many bytes at once.
    bool any = false;
    for (const char c : std::string_view(text).substr(from))
        any |= static_cast<unsigned char>(c) < ' ';
    if (!any) return;
    const auto breaks = [](char c) { return c == '\r' || c == '\n' || c == '\0'; };
    std::replace_if(text.begin() + static_cast<ptrdiff_t>(from), text.end(), breaks, ' ');
}

bool may_have_body(int status) { return status >= 200 && status != 204 && status != 304; }

void append_head(std::string& to, const Response& response, BodyKind kind, KeepAlive keep_alive) {
    to.reserve(to.size() + head_bytes_about(response));
    append_status_line(to, response.status);
    if (!response.content_type.empty()) {
        to += "content-type: ";
        append_value(to, response.content_type);
        to += "\r\n";
    }
    for (const ResponseHeader& header : response.headers) {
        to += header.name;
        to += ": ";
        append_value(to, header.value);
        to += "\r\n";
    }
    if (keep_alive == KeepAlive::close) to += "connection: close\r\n";
    if (keep_alive == KeepAlive::announced) to += "connection: keep-alive\r\n";
    if (kind == BodyKind::chunked) {
        to += "transfer-encoding: chunked\r\n\r\n";
    } else if (kind == BodyKind::fixed && may_have_body(response.status)) {
        to += "content-length: ";
        append_number(to, response.body.size());
        to += "\r\n\r\n";
    } else {
        to += "\r\n";
    }
}

void append_chunk_size(std::string& to, size_t size) {
    std::array<char, 24> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16);
    to.append(digits.data(), result.ptr);
    to += "\r\n";
}

}  // namespace fors::http
