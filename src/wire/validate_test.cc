// SPDX-License-Identifier: Apache-2.0
// Tests of validation: AWS's wording for every constraint, paths, order and limits.
#include <gtest/gtest.h>

#include "wire/test_shapes.h"
#include "wire/wire.h"

namespace fors::wire {
namespace {

using test::CreateStream;
using test::PutRecord;
using test::PutRecords;

template <class T>
std::string errors(const T& object) {
    return validate(table_of<T>, &object).value_or("none");
}

std::string one(std::string_view value_and_path, std::string_view constraint) {
    return "1 validation error detected: Value " + std::string(value_and_path) +
           " failed to satisfy constraint: " + std::string(constraint);
}

TEST(Validate, NothingToSay) {
    EXPECT_EQ(errors(CreateStream{.shard_count = 1, .stream_name = "a", .tags = Map{{"k", ""}}}),
              "none");
}

TEST(Validate, Required) {
    EXPECT_EQ(errors(CreateStream{}), one("null at 'streamName'", "Member must not be null"));
    EXPECT_EQ(errors(CreateStream{.stream_name = "a", .mode = test::ModeDetails{}}),
              one("null at 'streamModeDetails.streamMode'", "Member must not be null"));
}

TEST(Validate, PatternThenLengths) {
    EXPECT_EQ(errors(CreateStream{.stream_name = ""}),
              "2 validation errors detected: Value '' at 'streamName' failed to satisfy "
              "constraint: Member "
              "must satisfy regular expression pattern: [a-zA-Z0-9_.-]+; Value '' at 'streamName' "
              "failed to "
              "satisfy constraint: Member must have length greater than or equal to 1");
    std::string longest(128, 'a'), too_long(129, 'a');
    EXPECT_EQ(errors(CreateStream{.stream_name = longest}), "none");
    EXPECT_EQ(errors(CreateStream{.stream_name = too_long}),
              one("'" + too_long + "' at 'streamName'",
                  "Member must have length less than or equal to 128"));
}

TEST(Validate, LengthsCountCharacters) {
    auto key = [](std::string_view text) {
        return errors(PutRecord{.data = Bytes{}, .partition_key = text});
    };
    EXPECT_EQ(key("ab"), "none");
    EXPECT_EQ(key("éé"), "none");
    EXPECT_EQ(key("😀😀😀😀"), "none");
    EXPECT_EQ(key("😀"),
              one("'😀' at 'partitionKey'", "Member must have length greater than or equal to 2"));
    EXPECT_EQ(key("ééééé"),
              one("'ééééé' at 'partitionKey'", "Member must have length less than or equal to 4"));
}

TEST(Validate, Ranges) {
    EXPECT_EQ(errors(CreateStream{.shard_count = 0, .stream_name = "a"}),
              one("'0' at 'shardCount'", "Member must have value greater than or equal to 1"));
    EXPECT_EQ(
        errors(CreateStream{.shard_count = 100'001, .stream_name = "a"}),
        one("'100001' at 'shardCount'", "Member must have value less than or equal to 100000"));
    EXPECT_EQ(
        errors(CreateStream{.stream_name = "a", .behind = -1}),
        one("'-1' at 'millisBehindLatest'", "Member must have value greater than or equal to 0"));
}

TEST(Validate, Enums) {
    EXPECT_EQ(errors(CreateStream{.stream_name = "a", .mode = test::ModeDetails{"LAZY"}}),
              one("'LAZY' at 'streamModeDetails.streamMode'",
                  "Member must satisfy enum value set: [PROVISIONED, ON_DEMAND]"));
}

TEST(Validate, Lists) {
    EXPECT_EQ(errors(CreateStream{.stream_name = "a", .tag_keys = {{}}}),
              one("'[]' at 'tagKeys'", "Member must have length greater than or equal to 1"));
    EXPECT_EQ(
        errors(CreateStream{.stream_name = "a", .tag_keys = {{"a", "", ""}}}),
        one("'[a, , ]' at 'tagKeys'",
            "Member must satisfy constraint: [Member must have length less than or equal to 128, "
            "Member must have length greater than or equal to 1]"));
}

TEST(Validate, Maps) {
    EXPECT_EQ(
        errors(CreateStream{.stream_name = "a", .tags = Map{{"", "v"}, {"k2", "v2"}}}),
        one("'{=v, k2=v2}' at 'tags'",
            "Map keys must satisfy constraint: [Member must have length less than or equal to 128, "
            "Member must have length greater than or equal to 1]"));
    std::string value(257, 'v');
    EXPECT_EQ(errors(CreateStream{.stream_name = "a", .tags = Map{{"k", value}}}),
              one("'{k=" + value + "}' at 'tags'",
                  "Map value must satisfy constraint: [Member must have length less than or equal "
                  "to 256, "
                  "Member must have length greater than or equal to 0]"));
}

TEST(Validate, Blobs) {
    EXPECT_EQ(errors(PutRecord{.data = as_bytes("12345"), .partition_key = "ab"}),
              one("'java.nio.HeapByteBuffer[pos=0 lim=5 cap=5]' at 'data'",
                  "Member must have length less than or equal to 4"));
}

TEST(Validate, MembersOfListElementsAndHiddenValues) {
    PutRecords in{
        .records = {{{.data = Bytes{}, .partition_key = "k"}, {.explicit_hash_key = "01"}}}};
    EXPECT_EQ(errors(in),
              "3 validation errors detected: Value null at 'records.2.member.partitionKey' failed "
              "to satisfy "
              "constraint: Member must not be null; Value '01' at "
              "'records.2.member.explicitHashKey' failed to "
              "satisfy constraint: Member must satisfy regular expression pattern: "
              "0|([1-9]\\d{0,38}); Value at "
              "'records.2.member.data' failed to satisfy constraint: Member must not be null");
    in.records->resize(501, {.data = Bytes{}, .explicit_hash_key = {}, .partition_key = "k"});
    in.records->at(1) = in.records->at(0);
    EXPECT_EQ(errors(in), one("at 'records'", "Member must have length less than or equal to 500"));
}

TEST(Validate, AtMostTenEntries) {
    PutRecords in{.records = std::vector<test::PutRecordsEntry>(8), .stream_name = "?"};
    std::string text = errors(in);
    EXPECT_TRUE(text.starts_with("10 validation errors detected: "));
    EXPECT_TRUE(text.ends_with(
        "Value at 'records.5.member.data' failed to satisfy constraint: Member must not be null"))
        << text;
}

TEST(Validate, LongValuesAreCut) {
    std::string name(1'000'000, '?');
    EXPECT_LT(errors(CreateStream{.stream_name = name}).size(), 40'000u);
}

}  // namespace
}  // namespace fors::wire
