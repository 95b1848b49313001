// SPDX-License-Identifier: Apache-2.0
// MD5 as RFC 1321 states it; here it only spreads partition keys over shards.
#include <bit>
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

struct State {
    uint32_t a = 0x67452301, b = 0xefcdab89, c = 0x98badcfe, d = 0x10325476;
};

// One of the four rounds: `mix` combines b, c, d; `word` picks the message word of a step.
template <int round, class Mix, class Word>
inline void run_round(State& s, const uint32_t (&words)[16], Mix mix, Word word) {
#pragma clang loop unroll(full)
    for (int step = 0; step < 16; ++step) {
        const uint32_t sum =
            s.a + mix(s.b, s.c, s.d) + sines[round * 16 + step] + words[word(step)];
        const uint32_t next = s.b + std::rotl(sum, shifts[round][step & 3]);
        s = {s.d, next, s.b, s.c};
    }
}

void absorb(State& state, const std::byte* block) {
    uint32_t words[16];
    std::memcpy(words, block, sizeof(words));  // little-endian, as the only target is
    State s = state;
    run_round<0>(
        s, words, [](uint32_t b, uint32_t c, uint32_t d) { return d ^ (b & (c ^ d)); },
        [](int i) { return i; });
    run_round<1>(
        s, words, [](uint32_t b, uint32_t c, uint32_t d) { return c ^ (d & (b ^ c)); },
        [](int i) { return (5 * i + 1) & 15; });
    run_round<2>(
        s, words, [](uint32_t b, uint32_t c, uint32_t d) { return b ^ c ^ d; },
        [](int i) { return (3 * i + 5) & 15; });
    run_round<3>(
        s, words, [](uint32_t b, uint32_t c, uint32_t d) { return c ^ (b | ~d); },
        [](int i) { return (7 * i) & 15; });
    state = {state.a + s.a, state.b + s.b, state.c + s.c, state.d + s.d};
}

}  // namespace

std::array<uint8_t, 16> md5(Bytes data) {
    State state;
    size_t at = 0;
    for (; data.size() - at >= 64; at += 64) absorb(state, data.data() + at);

    std::byte tail[128] = {};
    const size_t rest = data.size() - at;
    if (rest > 0) std::memcpy(tail, data.data() + at, rest);
    tail[rest] = std::byte{0x80};
    const size_t blocks = rest < 56 ? 1 : 2;
    const uint64_t bits = uint64_t{data.size()} * 8;
    std::memcpy(tail + blocks * 64 - 8, &bits, sizeof(bits));
    for (size_t block = 0; block < blocks; ++block) absorb(state, tail + block * 64);

    std::array<uint8_t, 16> digest;
    std::memcpy(digest.data(), &state, sizeof(state));
    return digest;
}

}  // namespace fors
