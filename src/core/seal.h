// SPDX-License-Identifier: Apache-2.0
// Seal: opaque tokens (shard iterators, pagination) that only this store can make and read:
// AES-256-GCM, then base64.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/aes_gcm.h"

namespace fors::core {

using SealKey = AesKey;

// The first 32 of these bytes, zeroes behind fewer.
SealKey seal_key_of(Bytes bytes);

// Belongs to one thread.
class Seal {
public:
    Seal(const SealKey& key, env::Random& random) : cipher_(key), nonces_(random) {}

    // `purpose` is bound into the token: one kind is never taken for another.
    std::string seal(std::string_view purpose, std::string_view content);
    // The content; nothing when the token was not made here for that purpose.
    std::optional<std::string> open(std::string_view purpose, std::string_view token);

private:
    AesGcm cipher_;
    GcmNonces nonces_;
};

}  // namespace fors::core
