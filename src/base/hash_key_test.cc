// SPDX-License-Identifier: Apache-2.0
// Hash keys against the vectors of the reference (section 9) and MD5 against RFC 1321's test suite.
#include "base/hash_key.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace fors {
namespace {

std::string hex(const std::array<uint8_t, 16>& digest) {
    std::string text;
    for (uint8_t byte : digest) {
        text.push_back("0123456789abcdef"[byte >> 4]);
        text.push_back("0123456789abcdef"[byte & 15]);
    }
    return text;
}

TEST(Md5, AgreesWithTheRfc) {
    EXPECT_EQ(hex(md5(as_bytes(""))), "d41d8cd98f00b204e9800998ecf8427e");
    EXPECT_EQ(hex(md5(as_bytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
    EXPECT_EQ(hex(md5(as_bytes("1234567890123456789012345678901234567890"
                               "1234567890123456789012345678901234567890"))),
              "57edf4a22be3c955ac49da2e2107b67a");
}

TEST(HashKey, OfPartitionKeys) {
    EXPECT_EQ(to_decimal(hash_of("a")), "16955237001963240173058271559858726497");
    EXPECT_EQ(to_decimal(hash_of("partition-1")), "198019941650871988756153596255032211816");
    EXPECT_EQ(to_decimal(hash_of("\xc3\xa9")), "136732923097551493579404309126273812335");
}

// Whatever stands beside whatever in the lanes: no, one and many groups, and texts of all lengths
// around the ends of the blocks.
TEST(HashKey, ManyAreHashedAsEachAlone) {
    std::vector<std::string> keys;
    for (size_t size = 0; size < 140; ++size)
        keys.emplace_back(size, static_cast<char>('a' + size % 26));
    for (size_t n = 0; n < 100; ++n) keys.push_back("key-" + std::to_string(n));
    const std::vector<std::string_view> views(keys.begin(), keys.end());
    for (size_t from = 0; from < views.size(); from += 7) {
        const auto some = std::span(views).subspan(from);
        const std::vector<HashKey> hashes = hashes_of(some);
        ASSERT_EQ(hashes.size(), some.size());
        for (size_t at = 0; at < some.size(); ++at) EXPECT_EQ(hashes[at], hash_of(some[at]));
    }
    EXPECT_TRUE(hashes_of({}).empty());
}

TEST(HashKey, PartsOfTheSpace) {
    EXPECT_EQ(to_decimal(start_of_part(1, 2)), "170141183460469231731687303715884105728");
    EXPECT_EQ(to_decimal(start_of_part(1, 3)), "113427455640312821154458202477256070485");
    EXPECT_EQ(to_decimal(start_of_part(2, 3)), "226854911280625642308916404954512140970");
    EXPECT_EQ(to_decimal(start_of_part(3, 4)), "255211775190703847597530955573826158592");
}

TEST(HashKey, ParsesItsRangeAndNothingElse) {
    EXPECT_EQ(parse_hash_key("340282366920938463463374607431768211455"), hash_key_max);
    EXPECT_FALSE(parse_hash_key("340282366920938463463374607431768211456"));
    EXPECT_FALSE(parse_hash_key(""));
    EXPECT_FALSE(parse_hash_key("12x"));
    EXPECT_EQ(to_decimal(*parse_hash_key("0")), "0");
}

}  // namespace
}  // namespace fors
