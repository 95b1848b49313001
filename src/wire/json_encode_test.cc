// SPDX-License-Identifier: Apache-2.0
// Tests of JSON replies and of the description of shapes.
#include <gtest/gtest.h>

#include <limits>
#include <random>

#include "wire/test_shapes.h"
#include "wire/wire.h"

namespace fors::wire {

struct Reading {
    double value;
};

template <>
struct Shape<Reading> {
    static constexpr std::string_view name = "Reading";
    static constexpr Field fields[] = {field<&Reading::value>("Value")};
};

namespace {

using test::CreateStream;
using test::GetRecordsResult;

template <class T>
std::string json_of(const T& object) {
    std::string out;
    encode(Format::json, table_of<T>, &object, out);
    return out;
}

TEST(JsonEncode, EveryKind) {
    CreateStream object{.shard_count = -3,
                        .stream_name = "orders",
                        .mode = test::ModeDetails{"ON_DEMAND"},
                        .tags = Map{{"a", "1"}, {"b\n", "\""}},
                        .tag_keys = {{"x", "y"}},
                        .enforce = false,
                        .behind = std::numeric_limits<int64_t>::min(),
                        .when = Timestamp{1548118964772}};
    EXPECT_EQ(
        json_of(object),
        R"({"ShardCount":-3,"StreamName":"orders","StreamModeDetails":{"StreamMode":"ON_DEMAND"},)"
        R"("Tags":{"a":"1","b\n":"\""},"TagKeys":["x","y"],"EnforceConsumerDeletion":false,)"
        R"("MillisBehindLatest":-9223372036854775808,"Timestamp":1548118964.772})");
}

TEST(JsonEncode, WhatIsNoNumberInJsonIsText) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(json_of(Reading{1.5}), R"({"Value":1.5})");
    EXPECT_EQ(json_of(Reading{infinity}), R"({"Value":"Infinity"})");
    EXPECT_EQ(json_of(Reading{-infinity}), R"({"Value":"-Infinity"})");
    EXPECT_EQ(json_of(Reading{std::numeric_limits<double>::quiet_NaN()}), R"({"Value":"NaN"})");
}

TEST(JsonEncode, AbsentIsLeftOutOrNull) {
    EXPECT_EQ(json_of(CreateStream{}), "{}");
    EXPECT_EQ(json_of(CreateStream{.mode = test::ModeDetails{}, .tags = Map{}, .tag_keys = {{}}}),
              R"({"StreamModeDetails":{},"Tags":{},"TagKeys":[]})");
    EXPECT_EQ(json_of(CreateStream{.stream_name = std::string_view{}}), R"({"StreamName":""})");
    EXPECT_EQ(json_of(GetRecordsResult{}), R"({"Records":[],"NextShardIterator":null})");
}

TEST(JsonEncode, Records) {
    GetRecordsResult result{
        .records = {{"1", Timestamp{1000}, as_bytes("foo"), "k"}, {"2", {}, {}, {}}},
        .next = "AAA",
        .behind = 0};
    EXPECT_EQ(json_of(result),
              R"({"Records":[{"SequenceNumber":"1","ApproximateArrivalTimestamp":1,"Data":"Zm9v",)"
              R"("PartitionKey":"k"},{"SequenceNumber":"2","Data":"","PartitionKey":null}],)"
              R"("NextShardIterator":"AAA","MillisBehindLatest":0})");
}

TEST(JsonEncode, Timestamps) {
    auto text = [](int64_t ms) { return json_of(CreateStream{.when = Timestamp{ms}}); };
    EXPECT_EQ(text(0), R"({"Timestamp":0})");
    EXPECT_EQ(text(1005), R"({"Timestamp":1.005})");
    EXPECT_EQ(text(-1500), R"({"Timestamp":-1.500})");
}

TEST(JsonEncode, EveryCharacterIsEscapedWhereNeeded) {
    for (int c = 0; c < 128; ++c)
        for (size_t at = 0; at < 20; ++at) {
            std::string text(20, 'x');
            text[at] = static_cast<char>(c);
            std::string body = json_of(CreateStream{.stream_name = text});
            CreateStream back;
            Arena arena;
            ASSERT_TRUE(decode(Format::json, body, arena, table_of<CreateStream>, &back)) << body;
            ASSERT_EQ(back.stream_name, text);
        }
    EXPECT_EQ(json_of(CreateStream{.stream_name = "é\x7f\x01"}),
              "{\"StreamName\":\"é\x7f\\u0001\"}");
}

TEST(JsonEncode, AppendsAndGrowsBeyondItsEstimate) {
    std::string text(100'000, '\n');
    CreateStream object{.stream_name = text, .tags = Map{{"a", "b"}}};
    std::string out = "before";
    encode(Format::json, table_of<CreateStream>, &object, out);
    EXPECT_EQ(out.size(), 6 + 2 * text.size() + 34);
    EXPECT_TRUE(out.starts_with("before{\"StreamName\":\"\\n"));
    EXPECT_TRUE(out.ends_with("\\n\",\"Tags\":{\"a\":\"b\"}}"));
}

TEST(JsonEncode, RoundTripOfRandomRecords) {
    std::mt19937_64 random(4);
    std::vector<std::string> texts;
    for (int i = 0; i < 300; ++i) {
        std::string text(random() % 200, '\0');
        for (char& c : text) c = static_cast<char>(random() % 128);
        texts.push_back(text);
    }
    GetRecordsResult result;
    for (const std::string& text : texts)
        result.records.push_back({text,
                                  Timestamp{static_cast<int64_t>(random() % 4'000'000'000'000)},
                                  as_bytes(texts[random() % texts.size()]), text});
    for (Format format : {Format::json, Format::cbor}) {
        std::string body, again;
        encode(format, table_of<GetRecordsResult>, &result, body);
        GetRecordsResult back;
        Arena arena;
        ASSERT_TRUE(decode(format, body, arena, table_of<GetRecordsResult>, &back));
        encode(format, table_of<GetRecordsResult>, &back, again);
        EXPECT_EQ(body, again);
        EXPECT_EQ(back.records.size(), texts.size());
        EXPECT_EQ(back.records[7].arrived, result.records[7].arrived);
    }
}

TEST(JsonEncode, Errors) {
    auto error = [](std::string_view type, std::string_view message) {
        std::string out;
        encode_error(Format::json, type, message, out);
        return out;
    };
    EXPECT_EQ(error("ResourceNotFoundException", "no \"s\""),
              R"({"__type":"ResourceNotFoundException","message":"no \"s\""})");
    EXPECT_EQ(error("SerializationException", "Expected null"),
              R"({"__type":"SerializationException","Message":"Expected null"})");
    EXPECT_EQ(error("SerializationException", ""), R"({"__type":"SerializationException"})");
}

TEST(Describe, ShapesAsJson) {
    std::string out;
    describe(table_of<test::PutRecords>, out);
    EXPECT_EQ(
        out,
        R"({"type":"structure","members":{"Records":{"type":"list","required":true,"min":1,)"
        R"("max":500,"member":{"type":"structure","members":{"PartitionKey":{"type":"string",)"
        R"("required":true,)"
        R"("min":1,"max":256},"ExplicitHashKey":{"type":"string","required":false,)"
        R"x("pattern":"0|([1-9]\\d{0,38})"},"Data":{"type":"blob","required":true,"min":0,)x"
        R"("max":10485760}}}},"StreamName":{"type":"string","required":false,"min":1,"max":128,)"
        R"("pattern":"[a-zA-Z0-9_.-]+"}}})");
    out.clear();
    describe(table_of<CreateStream>, out);
    EXPECT_NE(out.find(R"("StreamModeDetails":{"type":"structure","required":false,"members":{)"
                       R"("StreamMode":{"type":"string","required":true,)"
                       R"("enum":["PROVISIONED","ON_DEMAND"]}}})"),
              std::string::npos);
    EXPECT_NE(out.find(R"("Tags":{"type":"map","required":false,"min":1,"max":200,)"
                       R"("key":{"type":"string","min":1,"max":128},)"
                       R"("value":{"type":"string","min":0,"max":256}})"),
              std::string::npos);
    EXPECT_NE(out.find(R"("member":{"type":"string","min":1,"max":128}})"), std::string::npos);
}

}  // namespace
}  // namespace fors::wire
