// SPDX-License-Identifier: Apache-2.0
// Making and reading of ciphertexts.
#include "kms/ciphertext.h"

#include <algorithm>
#include <cstring>

namespace fors::kms {

namespace {

constexpr char version = 1;
constexpr size_t id_bytes = 16;
constexpr size_t head_bytes = 1 + id_bytes + 4;
constexpr size_t overhead = head_bytes + sizeof(core::GcmNonce) + core::gcm_tag_bytes;

constexpr std::string_view digits = "0123456789abcdef";

void append_id(std::string& to, std::string_view uuid) {
    int high = -1;
    for (const char c : uuid) {
        if (c == '-') continue;
        const auto value = static_cast<int>(digits.find(c));
        if (high >= 0) to.push_back(static_cast<char>(high << 4 | value));
        high = high < 0 ? value : -1;
    }
}

std::string id_text(Bytes id) {
    std::string text;
    for (size_t at = 0; at < id.size(); ++at) {
        if (at == 4 || at == 6 || at == 8 || at == 10) text.push_back('-');
        const auto byte = std::to_integer<unsigned>(id[at]);
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

void append_number(std::string& to, uint32_t number) {
    for (int shift = 0; shift < 32; shift += 8) to.push_back(static_cast<char>(number >> shift));
}

// The head and the context's pairs in order of their names, each text behind its length.
std::string bound_text(std::string_view head, wire::Map context) {
    std::ranges::sort(context);
    std::string text(head);
    for (const auto& [name, value] : context)
        for (const std::string_view part : {name, value}) {
            append_number(text, static_cast<uint32_t>(part.size()));
            text.append(part);
        }
    return text;
}

std::byte* bytes_of(std::string& text) { return reinterpret_cast<std::byte*>(text.data()); }

}  // namespace

std::optional<CiphertextHead> head_of(Bytes ciphertext) {
    if (ciphertext.size() < overhead || std::to_integer<char>(ciphertext[0]) != version)
        return std::nullopt;
    CiphertextHead head{.key_id = id_text(ciphertext.subspan(1, id_bytes))};
    for (size_t at = 0; at < 4; ++at)
        head.material |= std::to_integer<uint32_t>(ciphertext[1 + id_bytes + at]) << (8 * at);
    return head;
}

std::string make_ciphertext(core::AesGcm& cipher, const core::GcmNonce& nonce,
                            const CiphertextHead& head, const wire::Map& context, Bytes plaintext) {
    std::string out(1, version);
    append_id(out, head.key_id);
    append_number(out, head.material);
    const std::string bound = bound_text(out, context);
    append(out, Bytes(nonce));
    const size_t at = out.size();
    out.resize(at + plaintext.size() + core::gcm_tag_bytes);
    cipher.seal(nonce, as_bytes(bound), {&plaintext, 1}, bytes_of(out) + at);
    return out;
}

std::optional<std::string> read_ciphertext(core::AesGcm& cipher, const wire::Map& context,
                                           Bytes ciphertext) {
    if (ciphertext.size() < overhead) return std::nullopt;
    const std::string bound = bound_text(as_text(ciphertext.first(head_bytes)), context);
    core::GcmNonce nonce;
    std::memcpy(nonce.data(), ciphertext.data() + head_bytes, nonce.size());
    const Bytes sealed = ciphertext.subspan(head_bytes + nonce.size());
    std::string plaintext(sealed.size() - core::gcm_tag_bytes, '\0');
    if (!cipher.open(nonce, as_bytes(bound), sealed, bytes_of(plaintext))) return std::nullopt;
    return plaintext;
}

}  // namespace fors::kms
