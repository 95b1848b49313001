// SPDX-License-Identifier: Apache-2.0
// Token layout before base64: version (8 bytes 00..01), nonce (12), ciphertext, tag (16).
#include "core/seal.h"

#include <algorithm>
#include <cstring>

#include "base/base64.h"

namespace fors::core {

namespace {

constexpr size_t version_bytes = 8;
constexpr char version[version_bytes] = {0, 0, 0, 0, 0, 0, 0, 1};
constexpr size_t head_bytes = version_bytes + sizeof(GcmNonce);

}  // namespace

SealKey seal_key_of(Bytes bytes) {
    SealKey key{};
    std::ranges::copy_n(bytes.begin(), static_cast<ptrdiff_t>(std::min(bytes.size(), key.size())),
                        key.begin());
    return key;
}

std::string Seal::seal(std::string_view purpose, std::string_view content) {
    std::string raw(head_bytes + content.size() + gcm_tag_bytes, '\0');
    const GcmNonce nonce = nonces_.next();
    std::memcpy(raw.data(), version, version_bytes);
    std::memcpy(raw.data() + version_bytes, nonce.data(), nonce.size());
    const Bytes part = as_bytes(content);
    cipher_.seal(nonce, as_bytes(purpose), {&part, 1},
                 reinterpret_cast<std::byte*>(raw.data()) + head_bytes);
    std::string token;
    base64::encode(as_bytes(raw), token);
    return token;
}

std::optional<std::string> Seal::open(std::string_view purpose, std::string_view token) {
    std::string raw(base64::decoded_size_max(token.size()), '\0');
    const auto decoded = base64::decode(token, reinterpret_cast<std::byte*>(raw.data()));
    if (decoded.fault != base64::Fault::none || decoded.size < head_bytes + gcm_tag_bytes)
        return std::nullopt;
    if (std::memcmp(raw.data(), version, version_bytes) != 0) return std::nullopt;
    GcmNonce nonce;
    std::memcpy(nonce.data(), raw.data() + version_bytes, nonce.size());
    const Bytes sealed = as_bytes(raw).first(decoded.size).subspan(head_bytes);
    std::string content(sealed.size() - gcm_tag_bytes, '\0');
    if (!cipher_.open(nonce, as_bytes(purpose), sealed,
                      reinterpret_cast<std::byte*>(content.data())))
        return std::nullopt;
    return content;
}

}  // namespace fors::core
