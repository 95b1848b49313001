// SPDX-License-Identifier: Apache-2.0
// OpenSSL's EVP interface, which takes AES-NI where the machine has it.
#include "core/aes_gcm.h"

#include <openssl/evp.h>

#include <cstring>

#include "base/assert.h"

namespace fors::core {

namespace {

const unsigned char* as_uchar(const std::byte* data) {
    return reinterpret_cast<const unsigned char*>(data);
}
unsigned char* as_uchar(std::byte* data) { return reinterpret_cast<unsigned char*>(data); }

}  // namespace

struct AesGcm::Contexts {
    EVP_CIPHER_CTX* encrypt = EVP_CIPHER_CTX_new();
    EVP_CIPHER_CTX* decrypt = EVP_CIPHER_CTX_new();
    ~Contexts() {
        EVP_CIPHER_CTX_free(encrypt);
        EVP_CIPHER_CTX_free(decrypt);
    }
};

GcmNonce GcmNonces::next() {
    if (++count_ == 0) prefix_ = random_.next();
    GcmNonce nonce;
    std::memcpy(nonce.data(), &prefix_, sizeof(prefix_));
    std::memcpy(nonce.data() + sizeof(prefix_), &count_, sizeof(count_));
    return nonce;
}

AesGcm::AesGcm(const AesKey& key) : contexts_(std::make_unique<Contexts>()) {
    const auto* bytes = as_uchar(key.data());
    FORS_ASSERT(EVP_EncryptInit_ex(contexts_->encrypt, EVP_aes_256_gcm(), nullptr, bytes, nullptr));
    FORS_ASSERT(EVP_DecryptInit_ex(contexts_->decrypt, EVP_aes_256_gcm(), nullptr, bytes, nullptr));
}

AesGcm::~AesGcm() = default;
AesGcm::AesGcm(AesGcm&&) noexcept = default;

void AesGcm::seal(const GcmNonce& nonce, Bytes bound, std::span<const Bytes> parts, std::byte* to) {
    EVP_CIPHER_CTX* context = contexts_->encrypt;
    int length = 0;
    EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, as_uchar(nonce.data()));
    EVP_EncryptUpdate(context, nullptr, &length, as_uchar(bound.data()),
                      static_cast<int>(bound.size()));
    for (const Bytes part : parts) {
        EVP_EncryptUpdate(context, as_uchar(to), &length, as_uchar(part.data()),
                          static_cast<int>(part.size()));
        to += part.size();
    }
    EVP_EncryptFinal_ex(context, as_uchar(to), &length);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, gcm_tag_bytes, to);
}

bool AesGcm::open(const GcmNonce& nonce, Bytes bound, Bytes sealed, std::byte* to) {
    if (sealed.size() < gcm_tag_bytes) return false;
    const Bytes content = sealed.first(sealed.size() - gcm_tag_bytes);
    std::array<std::byte, gcm_tag_bytes> tag;
    std::memcpy(tag.data(), sealed.data() + content.size(), tag.size());
    EVP_CIPHER_CTX* context = contexts_->decrypt;
    int length = 0;
    EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, as_uchar(nonce.data()));
    EVP_DecryptUpdate(context, nullptr, &length, as_uchar(bound.data()),
                      static_cast<int>(bound.size()));
    EVP_DecryptUpdate(context, as_uchar(to), &length, as_uchar(content.data()),
                      static_cast<int>(content.size()));
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, gcm_tag_bytes, tag.data());
    return EVP_DecryptFinal_ex(context, as_uchar(to + content.size()), &length) == 1;
}

}  // namespace fors::core
