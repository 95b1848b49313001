// SPDX-License-Identifier: Apache-2.0
// Seal: opaque tokens (shard iterators, pagination) that only this store can make and read:
// AES-256-GCM, then base64.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "env/random.h"

namespace fors::core {

using SealKey = std::array<std::byte, 32>;

// The first 32 of these bytes, zeroes behind fewer.
SealKey seal_key_of(Bytes bytes);

// Belongs to one thread.
class Seal {
public:
    Seal(const SealKey& key, env::Random& random);
    ~Seal();

    // `purpose` is bound into the token: one kind is never taken for another.
    std::string seal(std::string_view purpose, std::string_view content);
    // The content; nothing when the token was not made here for that purpose.
    std::optional<std::string> open(std::string_view purpose, std::string_view token);

private:
    struct Cipher;
    std::unique_ptr<Cipher> cipher_;
    env::Random& random_;
    uint64_t nonce_prefix_;
    uint32_t nonce_count_ = 0;
};

}  // namespace fors::core
