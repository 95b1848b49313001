// SPDX-License-Identifier: Apache-2.0
// Sequence numbers against the check values of the reference (section 4.2) and against order.
#include "streams/sequence_number.h"

#include <gtest/gtest.h>

namespace fors::streams {
namespace {

TEST(SequenceNumber, ComposesTheCheckValues) {
    EXPECT_EQ(to_string({1700000000, 0, 0, 1700000000}),
              "49646437577108476416916876405825929425585429676275269634");
    EXPECT_EQ(to_string({1700000000, 1, 5, 1700000100}),
              "49646437577130777162115407028973509772956158055602454546");
    EXPECT_EQ(to_string({1700000000, 0, index_at_end, 1700000500}),
              "49646437577119626789516141717395488358902173587591921666");
}

TEST(SequenceNumber, ReadsPublicAwsNumbers) {
    EXPECT_EQ(parse_sequence_number("49594189147623985939251953501666965394405037144469929986"),
              (SequenceNumber{1553568712, 0, 195, 1553568735}));
    EXPECT_EQ(parse_sequence_number("49590338271490256608559692538361571095921575989136588898"),
              (SequenceNumber{1542776258, 6, 1734642199, 1545084650}));
}

TEST(SequenceNumber, RefusesWhatHasAnotherLayout) {
    EXPECT_FALSE(parse_sequence_number(""));
    EXPECT_FALSE(parse_sequence_number("0"));
    EXPECT_FALSE(parse_sequence_number("12a"));
    EXPECT_FALSE(parse_sequence_number(std::string(129, '9')));
    EXPECT_FALSE(parse_sequence_number("49646437577108476416916876405825929425585429676275269635"));
}

TEST(SequenceNumber, SortsAsTextByIndexBeforeTime) {
    const SequenceNumber earlier{1700000000, 3, 41, 1700009999};
    const SequenceNumber later{1700000000, 3, 42, 1700000001};
    EXPECT_LT(to_string(earlier), to_string(later));
    EXPECT_EQ(parse_sequence_number(to_string(later)), later);
}

// Over enough of them that every group of digits carries, and across every kind of jump.
TEST(SequenceNumber, OneAfterAnotherReadsAsEachAlone) {
    Arena arena;
    SequenceTexts texts(arena);
    SequenceNumber number{1700000000, 5, 0, 1700000100};
    const auto expect_same = [&] { ASSERT_EQ(texts.of(number), to_string(number)); };
    for (int count = 0; count < 300'000; ++count, ++number.index) {
        expect_same();
        if (count % 1000 == 0) arena.reset();
    }
    ++number.put_s;
    expect_same();
    ++number.index;
    expect_same();
    ++number.shard_index;
    ++number.index;
    expect_same();
    number.index = 7;
    expect_same();
    expect_same();
    ++number.index;
    ++number.shard_created_s;
    expect_same();
}

}  // namespace
}  // namespace fors::streams
