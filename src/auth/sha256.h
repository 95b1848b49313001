// SPDX-License-Identifier: Apache-2.0
// SHA-256 and, by it, the keyed hash that signatures are (RFC 2104). The blocks are libcrypto's, by
// the processor's instructions; nothing is allocated or looked up for a digest.
#pragma once

#include <openssl/sha.h>

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace fors::auth {

using Digest = std::array<uint8_t, 32>;

// Takes a text piece by piece. A copy goes on from there by itself.
class Sha256 {
public:
    Sha256();
    void add(std::string_view piece);
    Digest finish();  // nothing more can be added

private:
    SHA256_CTX state_;
};

Digest sha256(std::string_view data);

// A key with its half of the work done, for many texts. Thread-safe.
class HmacKey {
public:
    explicit HmacKey(std::span<const uint8_t> key);
    Digest sign(std::string_view data) const;

private:
    Sha256 inner_;
    Sha256 outer_;
};

}  // namespace fors::auth
