// SPDX-License-Identifier: Apache-2.0
// A sequence number is 188 bits wide: three 64-bit limbs, turned into three groups of 19 decimal
// digits.
//
// bits 0-3 version 2 | 4-35 shard index | 36-71 put second | 72-79 zero | 80-143 index | 144-147
// low nibble of the shard index | 148-183 shard creation second | 184-187 constant 2
#include "streams/sequence_number.h"

#include <array>
#include <cstring>

namespace fors::streams {

namespace {

__extension__ using Wide = unsigned __int128;
using Limbs = std::array<uint64_t, 3>;   // of 64 bits, least significant first
using Groups = std::array<uint64_t, 3>;  // of 19 decimal digits, least significant first

constexpr uint64_t group = 10'000'000'000'000'000'000U;  // 10^19
constexpr size_t group_digits = 19;
constexpr uint64_t mask36 = (uint64_t{1} << 36) - 1;

Limbs pack(const SequenceNumber& n) {
    const uint64_t put = static_cast<uint64_t>(n.put_s) & mask36;
    const uint64_t created = static_cast<uint64_t>(n.shard_created_s) & mask36;
    Limbs limbs{};
    limbs[0] = 2U | (uint64_t{n.shard_index} << 4) | (put << 36);
    limbs[1] = (put >> 28) | (n.index << 16);
    limbs[2] = (n.index >> 48) | (uint64_t{n.shard_index & 15U} << 16) | (created << 20) |
               (uint64_t{2} << 56);
    return limbs;
}

// high:low / divisor, where high < divisor: one machine division (the compiler's 128-bit routine is
// several times slower).
uint64_t divide(uint64_t high, uint64_t low, uint64_t divisor, uint64_t& remainder) {
    uint64_t quotient;
    __asm__("divq %4" : "=a"(quotient), "=d"(remainder) : "a"(low), "d"(high), "r"(divisor) : "cc");
    return quotient;
}

// Divides in place and gives the remainder.
uint64_t divide_by_group(Limbs& limbs) {
    uint64_t remainder = 0;
    for (size_t at = limbs.size(); at-- > 0;)
        limbs[at] = divide(remainder, limbs[at], group, remainder);
    return remainder;
}

// Two digits at a time, from the end: `count` is even.
void put_pairs(uint64_t value, int count, char* out) {
    static constexpr auto pairs = [] {
        std::array<char, 200> all{};
        for (size_t at = 0; at < 100; ++at) {
            all[2 * at] = static_cast<char>('0' + at / 10);
            all[2 * at + 1] = static_cast<char>('0' + at % 10);
        }
        return all;
    }();
    for (int at = count - 2; at >= 0; at -= 2, value /= 100)
        std::memcpy(out + at, &pairs[2 * (value % 100)], 2);
}

// In two halves, which the processor works on side by side.
void put_group(uint64_t value, char* out) {
    constexpr uint64_t half = 10'000'000'000U;
    const uint64_t high = value / half;
    out[0] = static_cast<char>('0' + high / 100'000'000U);
    put_pairs(high % 100'000'000U, 8, out + 1);
    put_pairs(value % half, 10, out + 9);
}

// Three groups hold 188 bits.
Groups groups_of(const SequenceNumber& number) {
    Limbs limbs = pack(number);
    Groups groups;
    for (uint64_t& each : groups) each = divide_by_group(limbs);
    return groups;
}

using Digits = std::array<char, 3 * group_digits>;

Digits digits_of(const Groups& groups) {
    Digits digits;
    put_group(groups[2], digits.data());
    put_group(groups[1], digits.data() + group_digits);
    put_group(groups[0], digits.data() + 2 * group_digits);
    return digits;
}

// Without leading zeros; their count.
size_t put_digits(const Digits& digits, char* out) {
    size_t from = 0;
    while (from + 1 < digits.size() && digits[from] == '0') ++from;
    const size_t length = digits.size() - from;
    std::memcpy(out, digits.data() + from, length);
    return length;
}

// The index begins at bit 80. Whether the first group is the same as before.
bool add_one_index(Groups& groups) {
    constexpr Wide one = Wide{1} << 80;
    groups[0] += static_cast<uint64_t>(one % group);
    const uint64_t carry = groups[0] >= group ? 1 : 0;
    groups[0] -= carry * group;
    groups[1] += static_cast<uint64_t>(one / group) + carry;
    if (groups[1] < group) return true;
    groups[1] -= group;
    ++groups[2];
    return false;
}

// limbs = limbs * 10 + digit; false when it no longer fits in 192 bits.
bool push_digit(Limbs& limbs, unsigned digit) {
    Wide carry = digit;
    for (uint64_t& limb : limbs) {
        carry += Wide{limb} * 10;
        limb = static_cast<uint64_t>(carry);
        carry >>= 64;
    }
    return carry == 0;
}

}  // namespace

size_t format(const SequenceNumber& number, char* out) {
    return put_digits(digits_of(groups_of(number)), out);
}

std::string_view SequenceTexts::of(const SequenceNumber& number) {
    SequenceNumber next = last_;
    ++next.index;
    last_ = number;
    if (number != next || groups_[2] == 0) {
        groups_ = groups_of(number);
        digits_ = digits_of(groups_);
    } else if (add_one_index(groups_)) {
        put_group(groups_[1], digits_.data() + group_digits);
        put_group(groups_[0], digits_.data() + 2 * group_digits);
    } else {
        digits_ = digits_of(groups_);
    }
    auto* out = reinterpret_cast<char*>(arena_.allocate(sequence_digits_max));
    return {out, put_digits(digits_, out)};
}

std::string to_string(const SequenceNumber& number) {
    char digits[sequence_digits_max];
    return {digits, format(number, digits)};
}

std::string_view to_text(const SequenceNumber& number, Arena& arena) {
    auto* out = reinterpret_cast<char*>(arena.allocate(sequence_digits_max));
    return {out, format(number, out)};
}

std::optional<SequenceNumber> parse_sequence_number(std::string_view decimal) {
    if (decimal.empty()) return std::nullopt;
    Limbs limbs{};
    for (char digit : decimal) {
        if (digit < '0' || digit > '9') return std::nullopt;
        if (!push_digit(limbs, static_cast<unsigned>(digit - '0'))) return std::nullopt;
    }
    SequenceNumber number{
        .shard_created_s = static_cast<int64_t>((limbs[2] >> 20) & mask36),
        .shard_index = static_cast<uint32_t>(limbs[0] >> 4),
        .index = (limbs[1] >> 16) | (limbs[2] << 48),
        .put_s = static_cast<int64_t>(((limbs[0] >> 36) | (limbs[1] << 28)) & mask36),
    };
    const bool in_range = number.index <= index_at_end && number.shard_index <= 0x7FFF'FFFF;
    // Everything the layout fixes must fit: the version, the zero byte, the nibble, the leading
    // constant.
    if (!in_range || pack(number) != limbs) return std::nullopt;
    return number;
}

}  // namespace fors::streams
