// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/1.1 response as text.
#pragma once

#include <string>
#include <string_view>

#include "http/message.h"

namespace fors::http {

enum class BodyKind : uint8_t {
    fixed,        // content-length
    chunked,      // transfer-encoding: chunked
    until_close,  // HTTP/1.0: the end of the connection ends the body
};

enum class KeepAlive : uint8_t {
    implied,    // HTTP/1.1's default: nothing is said
    announced,  // HTTP/1.0 that asked for it
    close,
};

// The standard text of a status; "" for unknown ones.
std::string_view reason_phrase(int status);

// Whether a response of that status has a body at all (1xx, 204, 304 have none).
bool may_have_body(int status);

// Line ends and NULs, from that place on, become blanks: for header values.
void flatten(std::string& text, size_t from = 0);

void append_head(std::string& to, const Response& response, BodyKind kind, KeepAlive keep_alive);

// "1f4\r\n" for 500.
void append_chunk_size(std::string& to, size_t size);

}  // namespace fors::http
