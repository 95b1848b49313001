// SPDX-License-Identifier: Apache-2.0
// Base64 to bytes by AVX2, 32 letters a step.
#pragma once

#include <immintrin.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ideal {

using std::string_view;

constexpr std::array<uint8_t, 256> six_of = [] {
    std::array<uint8_t, 256> table;
    table.fill(0xFF);
    uint8_t six = 0;
    for (const char letter :
         string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"))
        table[static_cast<uint8_t>(letter)] = six++;
    return table;
}();

// Letters to their six bits; a letter that is none leaves a trace in `bad`.
inline __m256i sixes_of(__m256i letters, __m256i& bad) {
    __m256i known = _mm256_setzero_si256();
    __m256i shift = _mm256_setzero_si256();
    const auto range = [&](char first, char last, int value_of_first) {
        const __m256i in = _mm256_and_si256(
            _mm256_cmpgt_epi8(letters, _mm256_set1_epi8(static_cast<char>(first - 1))),
            _mm256_cmpgt_epi8(_mm256_set1_epi8(static_cast<char>(last + 1)), letters));
        const auto by = static_cast<char>(value_of_first - first);
        known = _mm256_or_si256(known, in);
        shift = _mm256_or_si256(shift, _mm256_and_si256(in, _mm256_set1_epi8(by)));
    };
    range('A', 'Z', 0);
    range('a', 'z', 26);
    range('0', '9', 52);
    range('+', '+', 62);
    range('/', '/', 63);
    bad = _mm256_or_si256(bad, _mm256_xor_si256(known, _mm256_set1_epi8(-1)));
    return _mm256_add_epi8(letters, shift);
}

// Writes at most 8 bytes beyond what it decodes; the decoded size, or nothing for what isn't
// base64.
inline std::optional<size_t> decode(string_view text, char* const out) {
    if (text.size() % 4 != 0) return std::nullopt;
    char* to = out;
    const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
                                           2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    __m256i bad = _mm256_setzero_si256();
    for (; text.size() > 32; text.remove_prefix(32), to += 24) {  // the padding stays for below
        const auto* from = reinterpret_cast<const __m256i*>(text.data());
        const __m256i sixes = sixes_of(_mm256_loadu_si256(from), bad);
        const __m256i twelves = _mm256_maddubs_epi16(sixes, _mm256_set1_epi32(0x01400140));
        const __m256i triples = _mm256_madd_epi16(twelves, _mm256_set1_epi32(0x00011000));
        const __m256i bytes = _mm256_permutevar8x32_epi32(
            _mm256_shuffle_epi8(triples, order), _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), bytes);
    }
    if (!_mm256_testz_si256(bad, bad)) return std::nullopt;
    for (; !text.empty(); text.remove_prefix(4)) {
        size_t padding = 0;
        uint32_t group = 0;
        for (const char letter : text.substr(0, 4)) {
            const bool pads = letter == '=' && text.size() == 4;
            const uint8_t value = pads ? 0 : six_of[static_cast<uint8_t>(letter)];
            if (value > 63) return std::nullopt;
            padding += pads;
            group = group << 6 | value;
        }
        for (int shift = 16; shift >= 0; shift -= 8) *to++ = static_cast<char>(group >> shift);
        to -= padding;
    }
    return to - out;
}

}  // namespace ideal
