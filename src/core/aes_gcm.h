// SPDX-License-Identifier: Apache-2.0
// AesGcm: AES-256 in Galois/counter mode (NIST SP 800-38D): what is sealed can neither be read nor
// changed without the key.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "env/random.h"

namespace fors::core {

using AesKey = std::array<std::byte, 32>;

inline constexpr size_t gcm_tag_bytes = 16;

// Never the same twice under one key. Belongs to one thread.
using GcmNonce = std::array<std::byte, 12>;
class GcmNonces {
public:
    explicit GcmNonces(env::Random& random) : random_(random), prefix_(random.next()) {}
    GcmNonce next();

private:
    env::Random& random_;
    uint64_t prefix_;  // drawn anew when the count comes round
    uint32_t count_ = 0;
};

// Belongs to one thread; the key schedule is made once.
class AesGcm {
public:
    explicit AesGcm(const AesKey& key);
    ~AesGcm();
    AesGcm(AesGcm&&) noexcept;

    // Writes the ciphertext of all parts, one after another, and the tag: gcm_tag_bytes more than
    // the parts have. `bound` is no part of it, but must be given again to open it.
    void seal(const GcmNonce& nonce, Bytes bound, std::span<const Bytes> parts, std::byte* to);

    // Writes sealed.size() - gcm_tag_bytes bytes; false when it was not sealed with this key, this
    // nonce and these bound bytes: `to` then holds nothing of use.
    [[nodiscard]] bool open(const GcmNonce& nonce, Bytes bound, Bytes sealed, std::byte* to);

private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
};

}  // namespace fors::core
