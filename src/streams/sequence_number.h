// SPDX-License-Identifier: Apache-2.0
// SequenceNumber: AWS's 56-digit sequence numbers, version 2 layout (reference, section 4.2),
// composed from a log sequence.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"

namespace fors::streams {

struct SequenceNumber {
    int64_t shard_created_s = 0;  // epoch seconds, 36 bits
    uint32_t shard_index = 0;
    uint64_t index =
        0;  // 63 bits: the major key within a shard; the log sequence + 1, 0 is the shard's start
    int64_t put_s = 0;  // epoch seconds, 36 bits

    friend bool operator==(const SequenceNumber&, const SequenceNumber&) = default;
};

// Of a closed shard's EndingSequenceNumber: above every record's.
inline constexpr uint64_t index_at_end = 0x7FFF'FFFF'FFFF'FFFF;

inline constexpr size_t sequence_digits_max = 60;

// Writes the decimal digits to `out` (at least sequence_digits_max bytes) and gives their count.
size_t format(const SequenceNumber& number, char* out);
std::string to_string(const SequenceNumber& number);
std::string_view to_text(const SequenceNumber& number, Arena& arena);

// Texts of many numbers of which most follow one another within a shard: one that does is added to
// its predecessor in decimal instead of being divided anew, and written over its last digits.
class SequenceTexts {
public:
    explicit SequenceTexts(Arena& arena) : arena_(arena) {}
    std::string_view of(const SequenceNumber& number);

private:
    Arena& arena_;
    SequenceNumber last_{};
    std::array<uint64_t, 3> groups_{};  // of 19 digits, least significant first; of last_
    std::array<char, 57> digits_{};
};

// Nothing when it isn't a version-2 number in AWS's layout.
std::optional<SequenceNumber> parse_sequence_number(std::string_view decimal);

}  // namespace fors::streams
