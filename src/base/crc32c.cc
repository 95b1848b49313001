// SPDX-License-Identifier: Apache-2.0
// CRC-32C: three interleaved streams of the CPU's instruction, joined by a table; or byte by byte
// where it is missing.
#include <nmmintrin.h>

#include <array>
#include <cstring>

#include "base/digest.h"

namespace fors {

namespace {

constexpr uint32_t polynomial = 0x82F63B78;  // Castagnoli, reflected

constexpr std::array<uint32_t, 256> byte_table = [] {
    std::array<uint32_t, 256> table{};
    for (uint32_t byte = 0; byte < 256; ++byte) {
        uint32_t crc = byte;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) ? polynomial : 0);
        table[byte] = crc;
    }
    return table;
}();

uint32_t by_table(uint32_t crc, const std::byte* data, size_t size) {
    for (size_t at = 0; at < size; ++at)
        crc = (crc >> 8) ^ byte_table[(crc ^ static_cast<uint8_t>(data[at])) & 0xFF];
    return crc;
}

// Bytes of each of the three streams: the instruction takes three cycles but one can begin every
// cycle.
constexpr size_t lane_bytes = 2048;

// For each byte of a checksum: what it becomes when `lane_bytes` zero bytes follow.
using ShiftTable = std::array<std::array<uint32_t, 256>, 4>;
constexpr uint32_t append_zeros(uint32_t crc, size_t bytes) {
    for (size_t at = 0; at < bytes; ++at) crc = (crc >> 8) ^ byte_table[crc & 0xFF];
    return crc;
}

const ShiftTable& shift_table() {
    static const ShiftTable table = [] {
        ShiftTable made{};
        for (uint32_t lane = 0; lane < 4; ++lane)
            for (uint32_t byte = 0; byte < 256; ++byte)
                made[lane][byte] = append_zeros(byte << (8 * lane), lane_bytes);
        return made;
    }();
    return table;
}

uint32_t shift(uint32_t crc, const ShiftTable& table) {
    return table[0][crc & 0xFF] ^ table[1][(crc >> 8) & 0xFF] ^ table[2][(crc >> 16) & 0xFF] ^
           table[3][crc >> 24];
}

uint64_t load(const std::byte* data) {
    uint64_t word;
    std::memcpy(&word, data, sizeof(word));
    return word;
}

__attribute__((target("sse4.2"))) uint32_t by_instruction(uint32_t crc, const std::byte* data,
                                                          size_t size) {
    if (size >= 3 * lane_bytes) {
        const ShiftTable& table = shift_table();
        for (; size >= 3 * lane_bytes; size -= 3 * lane_bytes, data += 3 * lane_bytes) {
            uint64_t first = crc;
            uint64_t second = 0;
            uint64_t third = 0;
            for (size_t at = 0; at < lane_bytes; at += 8) {
                first = _mm_crc32_u64(first, load(data + at));
                second = _mm_crc32_u64(second, load(data + lane_bytes + at));
                third = _mm_crc32_u64(third, load(data + 2 * lane_bytes + at));
            }
            crc = shift(static_cast<uint32_t>(first), table) ^ static_cast<uint32_t>(second);
            crc = shift(crc, table) ^ static_cast<uint32_t>(third);
        }
    }
    uint64_t wide = crc;
    for (; size >= 8; size -= 8, data += 8) wide = _mm_crc32_u64(wide, load(data));
    crc = static_cast<uint32_t>(wide);
    for (; size > 0; --size, ++data) crc = _mm_crc32_u8(crc, static_cast<uint8_t>(*data));
    return crc;
}

const bool has_instruction = __builtin_cpu_supports("sse4.2");

}  // namespace

uint32_t crc32c(Bytes data, uint32_t crc) {
    crc = ~crc;
    crc = has_instruction ? by_instruction(crc, data.data(), data.size())
                          : by_table(crc, data.data(), data.size());
    return ~crc;
}

}  // namespace fors
