// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a ciphertext and as an encryption context. None opens that was not made
// here; one that was opens for its context only, and no longer with one bit changed.
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "kms/ciphertext.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors;
    static core::AesGcm cipher(core::AesKey{});
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const wire::Map context{{"name", text.substr(0, size / 2)}, {text.substr(size / 2), "value"}};
    FORS_ASSERT(!kms::read_ciphertext(cipher, context, as_bytes(text)));
    if (const auto head = kms::head_of(as_bytes(text))) FORS_ASSERT(head->key_id.size() == 36);

    const kms::CiphertextHead head{"12345678-90ab-cdef-1234-567890abcdef", 7};
    std::string sealed =
        kms::make_ciphertext(cipher, core::GcmNonce{}, head, context, as_bytes(text));
    FORS_ASSERT(kms::head_of(as_bytes(sealed))->key_id == head.key_id);
    FORS_ASSERT(kms::head_of(as_bytes(sealed))->material == head.material);
    FORS_ASSERT(kms::read_ciphertext(cipher, context, as_bytes(sealed)) == text);
    // The order of a context's pairs doesn't matter, their contents do.
    FORS_ASSERT(kms::read_ciphertext(cipher, {context[1], context[0]}, as_bytes(sealed)) == text);
    FORS_ASSERT(!kms::read_ciphertext(cipher, {context[0]}, as_bytes(sealed)));
    if (size > 0) {
        sealed[data[0] * sealed.size() / 256] ^= 1;
        FORS_ASSERT(!kms::read_ciphertext(cipher, context, as_bytes(sealed)));
        sealed[data[0] * sealed.size() / 256] ^= 1;
    }
    sealed.pop_back();
    FORS_ASSERT(!kms::read_ciphertext(cipher, context, as_bytes(sealed)));
    return 0;
}
