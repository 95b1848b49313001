// SPDX-License-Identifier: Apache-2.0
// MD5 as RFC 1321 states it; here it only spreads partition keys over shards. Many keys are hashed
// side by side in wide registers.
#include <algorithm>
#include <cstring>

#include "base/digest.h"

namespace fors {

namespace {

// floor(2^32 * abs(sin(i + 1))), RFC 1321 section 3.4.
constexpr uint32_t sines[64] = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};

constexpr int shifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

constexpr size_t block_bytes = 64;
constexpr size_t padding_bytes = 9;  // a bit and the length, at least

template <class Word>
struct State {
    Word a = Word{} + 0x67452301, b = Word{} + 0xefcdab89, c = Word{} + 0x98badcfe,
         d = Word{} + 0x10325476;
};

// One block. A Word is 32 bits of one text, or of several texts side by side: a step waits for the
// one before it, so that one text alone leaves most of the processor idle.
template <class Word>
[[gnu::always_inline]] inline void absorb(State<Word>& state, const Word (&words)[16]) {
    Word a = state.a, b = state.b, c = state.c, d = state.d;
#pragma clang loop unroll(full)
    for (int step = 0; step < 64; ++step) {
        Word mixed;
        int word;
        switch (step / 16) {
            case 0:
                mixed = d ^ (b & (c ^ d));
                word = step;
                break;
            case 1:
                mixed = c ^ (d & (b ^ c));
                word = (5 * step + 1) & 15;
                break;
            case 2:
                mixed = b ^ c ^ d;
                word = (3 * step + 5) & 15;
                break;
            default:
                mixed = c ^ (b | ~d);
                word = (7 * step) & 15;
        }
        const Word sum = a + mixed + sines[step] + words[word];
        const int left = shifts[step / 16][step & 3];
        a = d;
        d = c;
        c = b;
        b = b + (sum << left | sum >> (32 - left));
    }
    state.a += a;
    state.b += b;
    state.c += c;
    state.d += d;
}

void absorb_bytes(State<uint32_t>& state, const std::byte* block) {
    uint32_t words[16];
    std::memcpy(words, block, sizeof(words));  // little-endian, as the only target is
    absorb(state, words);
}

// Texts that with their padding are one block, as partition keys nearly always are; `lanes` of
// them at once.
template <class Word, size_t lanes>
[[gnu::always_inline]] inline void hash_lanes(const std::string_view* texts, Md5* digests) {
    alignas(Word) uint32_t columns[16][lanes];
    for (size_t lane = 0; lane < lanes; ++lane) {
        const std::string_view text = texts[lane];
        uint32_t block[16] = {};
        if (!text.empty()) std::memcpy(block, text.data(), text.size());
        reinterpret_cast<char*>(block)[text.size()] = '\x80';
        block[14] = static_cast<uint32_t>(text.size() * 8);
        for (size_t word = 0; word < 16; ++word) columns[word][lane] = block[word];
    }
    Word words[16];
    std::memcpy(words, columns, sizeof(words));
    State<Word> state;
    absorb(state, words);
    uint32_t rows[4][lanes];
    std::memcpy(rows, &state, sizeof(rows));
    for (size_t lane = 0; lane < lanes; ++lane) {
        const uint32_t digest[4] = {rows[0][lane], rows[1][lane], rows[2][lane], rows[3][lane]};
        std::memcpy(digests[lane].data(), digest, sizeof(digest));
    }
}

using Words16 = uint32_t __attribute__((ext_vector_type(16)));
using Words8 = uint32_t __attribute__((ext_vector_type(8)));

__attribute__((target("avx512f"))) void hash_16(const std::string_view* texts, Md5* digests) {
    hash_lanes<Words16, 16>(texts, digests);
}

__attribute__((target("avx2"))) void hash_8(const std::string_view* texts, Md5* digests) {
    hash_lanes<Words8, 8>(texts, digests);
}

struct Lanes {
    size_t count = 1;
    void (*hash)(const std::string_view* texts, Md5* digests) = nullptr;
};

Lanes widest() {
    if (__builtin_cpu_supports("avx512f")) return {16, hash_16};
    if (__builtin_cpu_supports("avx2")) return {8, hash_8};
    return {};
}
const Lanes lanes = widest();

bool is_short(std::string_view text) { return text.size() + padding_bytes <= block_bytes; }

}  // namespace

Md5 md5(Bytes data) {
    State<uint32_t> state;
    size_t at = 0;
    for (; data.size() - at >= block_bytes; at += block_bytes)
        absorb_bytes(state, data.data() + at);

    std::byte tail[2 * block_bytes] = {};
    const size_t rest = data.size() - at;
    if (rest > 0) std::memcpy(tail, data.data() + at, rest);
    tail[rest] = std::byte{0x80};
    const size_t blocks = rest + padding_bytes <= block_bytes ? 1 : 2;
    const uint64_t bits = uint64_t{data.size()} * 8;
    std::memcpy(tail + blocks * block_bytes - 8, &bits, sizeof(bits));
    for (size_t block = 0; block < blocks; ++block) absorb_bytes(state, tail + block * block_bytes);

    Md5 digest;
    std::memcpy(digest.data(), &state, sizeof(state));
    return digest;
}

void md5_each(std::span<const std::string_view> texts, std::span<Md5> digests) {
    while (lanes.hash && texts.size() >= lanes.count) {
        if (std::ranges::all_of(texts.first(lanes.count), is_short))
            lanes.hash(texts.data(), digests.data());
        else
            for (size_t at = 0; at < lanes.count; ++at) digests[at] = md5(as_bytes(texts[at]));
        texts = texts.subspan(lanes.count);
        digests = digests.subspan(lanes.count);
    }
    for (size_t at = 0; at < texts.size(); ++at) digests[at] = md5(as_bytes(texts[at]));
}

}  // namespace fors
