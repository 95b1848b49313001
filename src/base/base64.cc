// SPDX-License-Identifier: Apache-2.0
// Base64: vector loops for the bulk where the CPU has AVX2, tables for the rest and for everything
// else.
#include "base/base64.h"

#include <array>
#include <cstdint>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#define FORS_BASE64_AVX2 1
#endif

namespace fors::base64 {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr uint8_t foreign = 0xff;

constexpr std::array<uint8_t, 256> value_of = [] {
    std::array<uint8_t, 256> table{};
    table.fill(foreign);
    for (size_t i = 0; i < alphabet.size(); ++i)
        table[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
    return table;
}();

uint8_t value_at(const char* text) { return value_of[static_cast<uint8_t>(*text)]; }

// What a vector loop got done; the tables go on from there.
struct Progress {
    size_t read = 0;
    size_t written = 0;
};

#ifdef FORS_BASE64_AVX2

// All characters of the alphabet lie in six rows of sixteen (by high nibble). A character is
// foreign if its row's bit is set in the entry of its column, or if its row is none of the six.
constexpr uint8_t no_row = 1 << 7;

constexpr uint8_t row_bit(int row) {
    return row >= 2 && row <= 7 ? static_cast<uint8_t>(1 << (row - 2)) : no_row;
}

struct alignas(32) Lanes {
    std::array<uint8_t, 32> bytes{};
};

constexpr Lanes twice(std::array<uint8_t, 16> half) {
    Lanes lanes;
    for (size_t i = 0; i < 32; ++i) lanes.bytes[i] = half[i % 16];
    return lanes;
}

constexpr Lanes rows = [] {
    std::array<uint8_t, 16> half{};
    for (int row = 0; row < 16; ++row) half[static_cast<size_t>(row)] = row_bit(row);
    return twice(half);
}();

constexpr Lanes columns = [] {
    std::array<uint8_t, 16> half{};
    for (size_t column = 0; column < 16; ++column) {
        half[column] = no_row;
        for (size_t row = 2; row <= 7; ++row)
            if (value_of[row * 16 + column] == foreign)
                half[column] |= row_bit(static_cast<int>(row));
    }
    return twice(half);
}();

// What to add to a character of a row to get its value; '/' shares '+'s row and borrows the entry
// of row 1.
constexpr Lanes shifts = [] {
    std::array<uint8_t, 16> half{};
    half[1] = static_cast<uint8_t>(63 - '/');
    half[2] = static_cast<uint8_t>(62 - '+');
    half[3] = static_cast<uint8_t>(52 - '0');
    half[4] = half[5] = static_cast<uint8_t>(0 - 'A');
    half[6] = half[7] = static_cast<uint8_t>(26 - 'a');
    return twice(half);
}();

__attribute__((target("avx2"))) inline __m256i load(const Lanes& lanes) {
    return _mm256_load_si256(reinterpret_cast<const __m256i*>(lanes.bytes.data()));
}

// 32 characters to 24 bytes in the low part; gathers in `bad` the traces of foreign characters.
__attribute__((target("avx2"))) inline __m256i decode_32(__m256i text, __m256i& bad) {
    const __m256i nibble = _mm256_set1_epi8(0x0f);
    __m256i row = _mm256_and_si256(_mm256_srli_epi32(text, 4), nibble);
    __m256i column = _mm256_and_si256(text, nibble);
    __m256i wrong = _mm256_and_si256(_mm256_shuffle_epi8(load(rows), row),
                                     _mm256_shuffle_epi8(load(columns), column));
    bad = _mm256_or_si256(bad, wrong);
    __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
    __m256i shift = _mm256_shuffle_epi8(load(shifts), _mm256_add_epi8(row, slash));
    __m256i values = _mm256_add_epi8(text, shift);
    // a b c d (six bits each) -> ab cd (twelve) -> abcd (twenty-four), then three bytes big end
    // first.
    __m256i pairs = _mm256_maddubs_epi16(values, _mm256_set1_epi32(0x01400140));
    __m256i quads = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    const __m256i order = _mm256_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
                                           2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
    __m256i triples = _mm256_shuffle_epi8(quads, order);
    return _mm256_permutevar8x32_epi32(triples, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
}

__attribute__((target("avx2"))) inline __m256i load_text(const char* from) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(from));
}

// Stops before the first group with a foreign character. A store writes 8 bytes more than it has,
// so the last groups are left to the tables.
__attribute__((target("avx2"))) Progress decode_avx2(std::string_view text, std::byte* out) {
    Progress done;
    auto store = [&](size_t at, __m256i bytes) __attribute__((target("avx2"))) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + at), bytes);
    };
    while (text.size() - done.read >= 128 + 16) {
        const char* from = text.data() + done.read;
        __m256i bad = _mm256_setzero_si256();
        __m256i a = decode_32(load_text(from), bad);
        __m256i b = decode_32(load_text(from + 32), bad);
        __m256i c = decode_32(load_text(from + 64), bad);
        __m256i d = decode_32(load_text(from + 96), bad);
        if (!_mm256_testz_si256(bad, bad)) break;
        store(done.written, a);
        store(done.written + 24, b);
        store(done.written + 48, c);
        store(done.written + 72, d);
        done.read += 128;
        done.written += 96;
    }
    while (text.size() - done.read >= 32 + 16) {
        __m256i bad = _mm256_setzero_si256();
        __m256i bytes = decode_32(load_text(text.data() + done.read), bad);
        if (!_mm256_testz_si256(bad, bad)) break;
        store(done.written, bytes);
        done.read += 32;
        done.written += 24;
    }
    return done;
}

// 24 bytes (12 in each half) to 32 characters.
__attribute__((target("avx2"))) inline __m256i encode_24(__m256i data) {
    // Each group of three bytes x y z is laid out as y x z y, so that 16-bit multiplications move
    // its four sixes into place.
    const __m256i order = _mm256_setr_epi8(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10, 1, 0,
                                           2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
    __m256i groups = _mm256_shuffle_epi8(data, order);
    __m256i first_third = _mm256_mulhi_epu16(
        _mm256_and_si256(groups, _mm256_set1_epi32(0x0fc0fc00)), _mm256_set1_epi32(0x04000040));
    __m256i second_fourth = _mm256_mullo_epi16(
        _mm256_and_si256(groups, _mm256_set1_epi32(0x003f03f0)), _mm256_set1_epi32(0x01000010));
    __m256i values = _mm256_or_si256(first_third, second_fourth);
    // Class of a value: 0 for a-z, 1..10 for the digits, 11 '+', 12 '/', 13 for A-Z.
    __m256i kind = _mm256_subs_epu8(values, _mm256_set1_epi8(51));
    __m256i upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), values);
    kind = _mm256_or_si256(kind, _mm256_and_si256(upper, _mm256_set1_epi8(13)));
    constexpr char digit = '0' - 52, lower = 'a' - 26, plus = '+' - 62, slash = '/' - 63;
    const __m256i offsets =
        _mm256_setr_epi8(lower, digit, digit, digit, digit, digit, digit, digit, digit, digit,
                         digit, plus, slash, 'A', 0, 0, lower, digit, digit, digit, digit, digit,
                         digit, digit, digit, digit, digit, plus, slash, 'A', 0, 0);
    return _mm256_add_epi8(values, _mm256_shuffle_epi8(offsets, kind));
}

__attribute__((target("avx2"))) inline __m256i load_data(const std::byte* from) {
    __m128i low = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from));
    __m128i high = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + 12));
    return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

// A load reads 4 bytes more than it uses.
__attribute__((target("avx2"))) Progress encode_avx2(Bytes data, char* out) {
    Progress done;
    auto store = [&](size_t at, __m256i text) __attribute__((target("avx2"))) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + at), text);
    };
    while (data.size() - done.read >= 96 + 4) {
        const std::byte* from = data.data() + done.read;
        store(done.written, encode_24(load_data(from)));
        store(done.written + 32, encode_24(load_data(from + 24)));
        store(done.written + 64, encode_24(load_data(from + 48)));
        store(done.written + 96, encode_24(load_data(from + 72)));
        done.read += 96;
        done.written += 128;
    }
    while (data.size() - done.read >= 24 + 4) {
        store(done.written, encode_24(load_data(data.data() + done.read)));
        done.read += 24;
        done.written += 32;
    }
    return done;
}

bool has_avx2() {
    static const bool has = __builtin_cpu_supports("avx2");
    return has;
}

Progress decode_bulk(std::string_view text, std::byte* out) {
    return has_avx2() ? decode_avx2(text, out) : Progress{};
}
Progress encode_bulk(Bytes data, char* out) {
    return has_avx2() ? encode_avx2(data, out) : Progress{};
}

#else

Progress decode_bulk(std::string_view, std::byte*) { return {}; }
Progress encode_bulk(Bytes, char*) { return {}; }

#endif

Decoded bad_character(std::string_view text, size_t at, size_t written) {
    return {Fault::bad_character, written, text[at], at};
}

size_t padding_of(std::string_view text) {
    if (text.empty() || text.back() != '=') return 0;
    return text[text.size() - 2] == '=' ? 2 : 1;
}

// The last group of four, with one or two of them padding.
Decoded decode_tail(std::string_view text, size_t padding, std::byte* out, size_t written) {
    size_t at = text.size() - 4;
    uint32_t group = 0;
    for (size_t i = 0; i < 4 - padding; ++i) {
        uint8_t value = value_at(text.data() + at + i);
        if (value == foreign) return bad_character(text, at + i, written);
        group |= uint32_t{value} << (18 - 6 * i);
    }
    uint32_t unused = padding == 2 ? 0xffffu : 0xffu;
    if (group & unused) return {Fault::bad_tail, written, 0, at + 3 - padding};
    out[written++] = static_cast<std::byte>(group >> 16);
    if (padding == 1) out[written++] = static_cast<std::byte>(group >> 8);
    return {Fault::none, written, 0, 0};
}

Decoded decode_from(Progress done, std::string_view text, std::byte* out) {
    size_t padding = padding_of(text);
    size_t whole = text.size() - (padding ? 4 : 0);
    for (; done.read < whole; done.read += 4) {
        const char* from = text.data() + done.read;
        uint8_t a = value_at(from), b = value_at(from + 1), c = value_at(from + 2),
                d = value_at(from + 3);
        if ((a | b | c | d) & 0xc0) {
            size_t at = done.read;
            while (value_at(text.data() + at) != foreign) ++at;
            return bad_character(text, at, done.written);
        }
        uint32_t group = uint32_t{a} << 18 | uint32_t{b} << 12 | uint32_t{c} << 6 | d;
        out[done.written] = static_cast<std::byte>(group >> 16);
        out[done.written + 1] = static_cast<std::byte>(group >> 8);
        out[done.written + 2] = static_cast<std::byte>(group);
        done.written += 3;
    }
    if (padding) return decode_tail(text, padding, out, done.written);
    return {Fault::none, done.written, 0, 0};
}

void encode_from(Progress done, Bytes data, char* out) {
    auto byte_at = [&](size_t at) { return std::to_integer<uint32_t>(data[at]); };
    auto letter = [](uint32_t value) { return alphabet[value & 63]; };
    out += done.written;
    size_t at = done.read;
    for (; data.size() - at >= 3; at += 3) {
        uint32_t group = byte_at(at) << 16 | byte_at(at + 1) << 8 | byte_at(at + 2);
        *out++ = letter(group >> 18);
        *out++ = letter(group >> 12);
        *out++ = letter(group >> 6);
        *out++ = letter(group);
    }
    size_t left = data.size() - at;
    if (left == 0) return;
    uint32_t group = byte_at(at) << 16 | (left == 2 ? byte_at(at + 1) << 8 : 0);
    *out++ = letter(group >> 18);
    *out++ = letter(group >> 12);
    *out++ = left == 2 ? letter(group >> 6) : '=';
    *out++ = '=';
}

}  // namespace

void encode(Bytes data, char* out) { encode_from(encode_bulk(data, out), data, out); }

void encode(Bytes data, std::string& out) {
    size_t before = out.size();
    size_t after = before + encoded_size(data.size());
    // Libraries differ in what they pass as the second argument: the size asked for, or the
    // capacity.
    out.resize_and_overwrite(after, [&](char* to, size_t) {
        encode(data, to + before);
        return after;
    });
}

Decoded decode(std::string_view text, std::byte* out) {
    if (text.size() % 4 != 0) return {Fault::bad_length, 0, 0, 0};
    return decode_from(decode_bulk(text, out), text, out);
}

namespace detail {

void encode_by_table(Bytes data, char* out) { encode_from({}, data, out); }

Decoded decode_by_table(std::string_view text, std::byte* out) {
    if (text.size() % 4 != 0) return {Fault::bad_length, 0, 0, 0};
    return decode_from({}, text, out);
}

}  // namespace detail
}  // namespace fors::base64
