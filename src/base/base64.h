// SPDX-License-Identifier: Apache-2.0
// Base64 (RFC 4648, standard alphabet, padded), by AVX2 where the CPU has it, else by table.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace fors::base64 {

constexpr size_t encoded_size(size_t bytes) { return (bytes + 2) / 3 * 4; }
constexpr size_t decoded_size_max(size_t characters) { return characters / 4 * 3; }

// Appends the encoded text.
void encode(Bytes data, std::string& out);
// Writes exactly encoded_size(data.size()) characters.
void encode(Bytes data, char* out);

enum class Fault : uint8_t { none, bad_length, bad_character, bad_tail };
struct Decoded {
    Fault fault = Fault::none;
    size_t size = 0;         // bytes written
    char bad_character = 0;  // of bad_character
    size_t at = 0;           // where the bad character or the bad tail is
};
// Writes at most decoded_size_max(text.size()) bytes to `out`. Strict: padding only at the end,
// canonical tail, nothing foreign. A length that is no multiple of four is told before anything
// else.
Decoded decode(std::string_view text, std::byte* out);

namespace detail {  // the paths of a CPU without AVX2, for tests

void encode_by_table(Bytes data, char* out);
Decoded decode_by_table(std::string_view text, std::byte* out);

}  // namespace detail
}  // namespace fors::base64
