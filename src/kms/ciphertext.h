// SPDX-License-Identifier: Apache-2.0
// What the key service's ciphertexts look like: version (1 byte), key's id (16), number of its
// material (4, little-endian), nonce (12), then AES-256-GCM ciphertext and tag, to which the head
// and the encryption context are bound.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "core/aes_gcm.h"
#include "wire/shape.h"

namespace fors::kms {

struct CiphertextHead {
    std::string key_id;  // as text
    uint32_t material = 0;
};

// Nothing when these bytes are no ciphertext of ours.
std::optional<CiphertextHead> head_of(Bytes ciphertext);

// `key_id`: a UUID's text.
std::string make_ciphertext(core::AesGcm& cipher, const core::GcmNonce& nonce,
                            const CiphertextHead& head, const wire::Map& context, Bytes plaintext);
// Nothing when it was changed, or sealed for another context.
std::optional<std::string> read_ciphertext(core::AesGcm& cipher, const wire::Map& context,
                                           Bytes ciphertext);

}  // namespace fors::kms
