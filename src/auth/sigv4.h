// SPDX-License-Identifier: Apache-2.0
// The parts of Signature Version 4 that signing and verifying share: canonical texts, signing keys.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "auth/sha256.h"
#include "http/message.h"

namespace fors::auth {

// A digest as 64 lower-case digits.
struct HexDigest {
    std::array<char, 64> digits;
    operator std::string_view() const { return {digits.data(), digits.size()}; }
};
HexDigest hex(const Digest& digest);

// What a signature is made for: <day>/<region>/<service>/aws4_request.
struct Scope {
    std::string_view day;  // 20261123
    std::string_view region;
    std::string_view service;
};

HmacKey signing_key(std::string_view secret, const Scope& scope);

struct CanonicalInput {
    std::string_view method;
    std::string_view path;
    std::string_view query;       // as received; put in canonical order here
    bool drop_signature = false;  // leave X-Amz-Signature out of the query (presigned form)
    std::span<const http::Header> headers;  // looked up by the signed names
    std::string_view signed_headers;        // lower case, parted by ';'
    std::string_view payload_hash;
};
// Both write into `buffer`, whatever it holds, and give it back: a server that verifies thousands a
// second has one.
std::string canonical_request(const CanonicalInput& input, std::string buffer = {});
std::string string_to_sign(std::string_view amz_date, const Scope& scope,
                           const Digest& canonical_hash, std::string buffer = {});

// 20261123T190000Z and milliseconds since 1970, both ways; -1 when malformed.
std::string format_amz_date(int64_t ms);
int64_t parse_amz_date(std::string_view text);

std::string percent_decode(std::string_view text);

}  // namespace fors::auth
