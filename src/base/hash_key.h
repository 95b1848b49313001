// SPDX-License-Identifier: Apache-2.0
// HashKey: a place in the 128-bit hash space that shards divide among themselves.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace fors {

struct HashKey {
    uint64_t high = 0;
    uint64_t low = 0;
    friend auto operator<=>(const HashKey&, const HashKey&) = default;
};

inline constexpr HashKey hash_key_max{~uint64_t{0}, ~uint64_t{0}};

// MD5 of the partition key's UTF-8 bytes, read as a big-endian number.
HashKey hash_of(std::string_view partition_key);
// Of many keys, in their order: faster than one by one.
std::vector<HashKey> hashes_of(std::span<const std::string_view> partition_keys);

// Decimal digits; nothing when empty, not all digits, or above 2^128 - 1.
std::optional<HashKey> parse_hash_key(std::string_view decimal);
std::string to_decimal(HashKey key);

// The starting key of part `index` of `parts` equal ones: index * floor(2^128 / parts). `parts` >
// 0.
HashKey start_of_part(uint32_t index, uint32_t parts);

// The beginning of the upper half of a range, both its ends inclusive; the range has two keys or
// more.
HashKey middle_of(HashKey first, HashKey last);

HashKey predecessor(HashKey key);  // key > 0
HashKey successor(HashKey key);    // key < hash_key_max

}  // namespace fors
