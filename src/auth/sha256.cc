// SPDX-License-Identifier: Apache-2.0
// Through libcrypto's plain functions. Its general ones (EVP) look the algorithm up and allocate
// anew for each digest, which costs as much as hashing some hundred bytes; the plain ones are
// marked as deprecated, since they know no other provider, and are there in every 3.x.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "auth/sha256.h"

#include <algorithm>

#include "base/bytes.h"

namespace fors::auth {

namespace {

constexpr size_t block_bytes = 64;

}  // namespace

Sha256::Sha256() { SHA256_Init(&state_); }

void Sha256::add(std::string_view piece) { SHA256_Update(&state_, piece.data(), piece.size()); }

Digest Sha256::finish() {
    Digest digest;
    SHA256_Final(digest.data(), &state_);
    return digest;
}

Digest sha256(std::string_view data) {
    Sha256 hash;
    hash.add(data);
    return hash.finish();
}

// What is longer than a block is hashed first.
HmacKey::HmacKey(std::span<const uint8_t> key) {
    Digest hashed;
    if (key.size() > block_bytes) {
        hashed = sha256(as_text(std::as_bytes(key)));
        key = hashed;
    }
    const auto begin = [&](uint8_t pad) {
        std::array<uint8_t, block_bytes> block;
        block.fill(pad);
        std::ranges::transform(key, block.begin(),
                               [&](uint8_t byte) -> uint8_t { return byte ^ pad; });
        Sha256 hash;
        hash.add(as_text(std::as_bytes(std::span(block))));
        return hash;
    };
    inner_ = begin(0x36);
    outer_ = begin(0x5c);
}

Digest HmacKey::sign(std::string_view data) const {
    Sha256 inner = inner_;
    inner.add(data);
    const Digest digest = inner.finish();
    Sha256 outer = outer_;
    outer.add(as_text(std::as_bytes(std::span(digest))));
    return outer.finish();
}

}  // namespace fors::auth
