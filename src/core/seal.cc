// SPDX-License-Identifier: Apache-2.0
// Token layout before base64: version (8 bytes 00..01), nonce (12), ciphertext, tag (16).
#include "core/seal.h"

#include <openssl/evp.h>

#include <cstring>

#include "base/assert.h"
#include "base/base64.h"
#include "base/bytes.h"

namespace fors::core {

namespace {

constexpr size_t version_bytes = 8;
constexpr size_t nonce_bytes = 12;
constexpr size_t tag_bytes = 16;
constexpr char version[version_bytes] = {0, 0, 0, 0, 0, 0, 0, 1};

const unsigned char* as_uchar(const void* data) { return static_cast<const unsigned char*>(data); }
unsigned char* as_uchar(void* data) { return static_cast<unsigned char*>(data); }

}  // namespace

// Contexts with the key schedule done once.
struct Seal::Cipher {
    EVP_CIPHER_CTX* encrypt = EVP_CIPHER_CTX_new();
    EVP_CIPHER_CTX* decrypt = EVP_CIPHER_CTX_new();
    ~Cipher() {
        EVP_CIPHER_CTX_free(encrypt);
        EVP_CIPHER_CTX_free(decrypt);
    }
};

// A random prefix drawn at start and a counter make nonces that do not repeat under one key.
SealKey seal_key_of(Bytes bytes) {
    SealKey key{};
    std::ranges::copy_n(bytes.begin(), static_cast<ptrdiff_t>(std::min(bytes.size(), key.size())),
                        key.begin());
    return key;
}

Seal::Seal(const SealKey& key, env::Random& random)
    : cipher_(std::make_unique<Cipher>()), random_(random), nonce_prefix_(random.next()) {
    const auto* bytes = as_uchar(key.data());
    FORS_ASSERT(EVP_EncryptInit_ex(cipher_->encrypt, EVP_aes_256_gcm(), nullptr, bytes, nullptr));
    FORS_ASSERT(EVP_DecryptInit_ex(cipher_->decrypt, EVP_aes_256_gcm(), nullptr, bytes, nullptr));
}

Seal::~Seal() = default;

std::string Seal::seal(std::string_view purpose, std::string_view content) {
    std::string raw(version_bytes + nonce_bytes + content.size() + tag_bytes, '\0');
    if (++nonce_count_ == 0) nonce_prefix_ = random_.next();
    std::memcpy(raw.data(), version, version_bytes);
    std::memcpy(raw.data() + version_bytes, &nonce_prefix_, sizeof(nonce_prefix_));
    std::memcpy(raw.data() + version_bytes + 8, &nonce_count_, sizeof(nonce_count_));

    EVP_CIPHER_CTX* context = cipher_->encrypt;
    char* text = raw.data() + version_bytes + nonce_bytes;
    int length = 0;
    EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, as_uchar(raw.data() + version_bytes));
    EVP_EncryptUpdate(context, nullptr, &length, as_uchar(purpose.data()),
                      static_cast<int>(purpose.size()));
    EVP_EncryptUpdate(context, as_uchar(text), &length, as_uchar(content.data()),
                      static_cast<int>(content.size()));
    EVP_EncryptFinal_ex(context, as_uchar(text + content.size()), &length);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, tag_bytes, text + content.size());

    std::string token;
    base64::encode(as_bytes(raw), token);
    return token;
}

std::optional<std::string> Seal::open(std::string_view purpose, std::string_view token) {
    std::string raw(base64::decoded_size_max(token.size()), '\0');
    const auto decoded = base64::decode(token, reinterpret_cast<std::byte*>(raw.data()));
    constexpr size_t overhead = version_bytes + nonce_bytes + tag_bytes;
    if (decoded.fault != base64::Fault::none || decoded.size < overhead) return std::nullopt;
    if (std::memcmp(raw.data(), version, version_bytes) != 0) return std::nullopt;

    std::string content(decoded.size - overhead, '\0');
    EVP_CIPHER_CTX* context = cipher_->decrypt;
    char* text = raw.data() + version_bytes + nonce_bytes;
    int length = 0;
    EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, as_uchar(raw.data() + version_bytes));
    EVP_DecryptUpdate(context, nullptr, &length, as_uchar(purpose.data()),
                      static_cast<int>(purpose.size()));
    EVP_DecryptUpdate(context, as_uchar(content.data()), &length, as_uchar(text),
                      static_cast<int>(content.size()));
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, tag_bytes, text + content.size());
    if (EVP_DecryptFinal_ex(context, as_uchar(content.data() + content.size()), &length) != 1)
        return std::nullopt;
    return content;
}

}  // namespace fors::core
