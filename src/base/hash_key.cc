// SPDX-License-Identifier: Apache-2.0
// Arithmetic of 128-bit hash keys by the compiler's wide integer, kept out of the header for its
// pedantry.
#include "base/hash_key.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/digest.h"

namespace fors {

namespace {

__extension__ using Wide = unsigned __int128;

Wide wide(HashKey key) { return (Wide{key.high} << 64) | key.low; }
HashKey narrow(Wide value) {
    return {static_cast<uint64_t>(value >> 64), static_cast<uint64_t>(value)};
}

HashKey number(const Md5& digest) {
    uint64_t words[2];
    std::memcpy(words, digest.data(), sizeof(words));
    return {std::byteswap(words[0]), std::byteswap(words[1])};
}

}  // namespace

HashKey hash_of(std::string_view partition_key) { return number(md5(as_bytes(partition_key))); }

std::vector<HashKey> hashes_of(std::span<const std::string_view> partition_keys) {
    std::vector<Md5> digests(partition_keys.size());
    md5_each(partition_keys, digests);
    std::vector<HashKey> hashes(digests.size());
    std::ranges::transform(digests, hashes.begin(), number);
    return hashes;
}

std::optional<HashKey> parse_hash_key(std::string_view decimal) {
    if (decimal.empty()) return std::nullopt;
    constexpr Wide max = ~Wide{0};
    Wide value = 0;
    for (char digit : decimal) {
        if (digit < '0' || digit > '9') return std::nullopt;
        const auto addend = static_cast<unsigned>(digit - '0');
        if (value > (max - addend) / 10) return std::nullopt;
        value = value * 10 + addend;
    }
    return narrow(value);
}

std::string to_decimal(HashKey key) {
    Wide value = wide(key);
    std::string digits;
    do {
        digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
        value /= 10;
    } while (value != 0);
    std::reverse(digits.begin(), digits.end());
    return digits;
}

HashKey start_of_part(uint32_t index, uint32_t parts) {
    if (parts == 1) return {};
    // floor(2^128 / parts), from floor((2^128 - 1) / parts): equal unless parts divides 2^128.
    constexpr Wide max = ~Wide{0};
    Wide width = max / parts;
    if (max % parts == parts - 1) width += 1;
    return narrow(width * index);
}

HashKey middle_of(HashKey first, HashKey last) {
    return narrow(wide(first) + (wide(last) - wide(first)) / 2 + 1);
}

HashKey predecessor(HashKey key) { return narrow(wide(key) - 1); }
HashKey successor(HashKey key) { return narrow(wide(key) + 1); }

}  // namespace fors
