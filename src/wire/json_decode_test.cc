// SPDX-License-Identifier: Apache-2.0
// Tests of JSON bodies: values of every kind, AWS's texts for wrong types, and everything that is
// no JSON.
#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "wire/test_shapes.h"
#include "wire/wire.h"

namespace fors::wire {
namespace {

using test::CreateStream;
using test::PutRecords;

// A decoded object with what its views point into; the body lies in exactly its size, so that a
// sanitizer sees every byte read too many.
template <class T>
struct Parsed {
    std::unique_ptr<char[]> body;
    std::unique_ptr<Arena> arena = std::make_unique<Arena>();
    T object{};
    Result<> result;
};

template <class T>
Parsed<T> parse(std::string_view json, DecodeOptions options = {}) {
    Parsed<T> parsed;
    parsed.body = std::make_unique<char[]>(json.size());
    std::copy(json.begin(), json.end(), parsed.body.get());
    parsed.result = decode(Format::json, {parsed.body.get(), json.size()}, *parsed.arena,
                           table_of<T>, &parsed.object, options);
    return parsed;
}

CreateStream created(Parsed<CreateStream>& parsed, std::string_view json) {
    parsed = parse<CreateStream>(json);
    EXPECT_TRUE(parsed.result) << json << ": " << parsed.result.error().message;
    return parsed.object;
}

std::string fault(std::string_view json, DecodeOptions options = {}) {
    auto parsed = parse<CreateStream>(json, options);
    if (parsed.result) return "none";
    EXPECT_EQ(parsed.result.error().code, Code::serialization);
    return parsed.result.error().message;
}

std::string blob_fault(std::string_view json) {
    auto parsed = parse<PutRecords>(json);
    return parsed.result ? "none" : parsed.result.error().message;
}

TEST(JsonDecode, EveryKind) {
    Parsed<CreateStream> parsed;
    CreateStream in = created(parsed, R"( { "StreamName" : "orders" , "ShardCount": 3,
        "StreamModeDetails": {"StreamMode": "ON_DEMAND"}, "Tags": {"a":"1", "b" : "2"},
        "TagKeys": ["x", "y"], "EnforceConsumerDeletion": true,
        "MillisBehindLatest": 9007199254740993,
        "Timestamp": 1548118964.772 } )");
    EXPECT_EQ(in.stream_name, "orders");
    EXPECT_EQ(in.shard_count, 3);
    EXPECT_EQ(in.mode->mode, "ON_DEMAND");
    EXPECT_EQ(*in.tags, (Map{{"a", "1"}, {"b", "2"}}));
    EXPECT_EQ(*in.tag_keys, (std::vector<std::string_view>{"x", "y"}));
    EXPECT_EQ(in.enforce, true);
    EXPECT_EQ(in.behind, 9007199254740993);
    EXPECT_EQ(in.when->ms, 1548118964772);
}

TEST(JsonDecode, EmptyObjectHasNothing) {
    Parsed<CreateStream> parsed;
    CreateStream in = created(parsed, "{}");
    EXPECT_FALSE(in.stream_name || in.shard_count || in.mode || in.tags || in.tag_keys || in.when);
}

TEST(JsonDecode, NullIsAbsent) {
    Parsed<CreateStream> parsed;
    CreateStream in = created(parsed, R"({"StreamName":null,"ShardCount":null,"Tags":null,
        "StreamModeDetails":null,"TagKeys":null,"Timestamp":null})");
    EXPECT_FALSE(in.stream_name || in.shard_count || in.mode || in.tags || in.tag_keys || in.when);
}

TEST(JsonDecode, UnknownMembersAreIgnoredOrRefused) {
    std::string_view json = R"({"Other":{"a":[1,{"b":null}],"c":"\n"},"StreamName":"s"})";
    Parsed<CreateStream> parsed;
    EXPECT_EQ(created(parsed, json).stream_name, "s");
    EXPECT_EQ(fault(json, {.strict = true}), "Unknown member 'Other'");
}

TEST(JsonDecode, PlainTextIsAViewIntoTheBody) {
    auto parsed = parse<CreateStream>(R"({"StreamName":"orders"})");
    EXPECT_EQ(parsed.object.stream_name->data(), parsed.body.get() + 15);
}

TEST(JsonDecode, Escapes) {
    Parsed<CreateStream> parsed;
    std::string_view json = R"({"Stream\u004eame":"a\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83d\ude00z"})";
    EXPECT_EQ(created(parsed, json).stream_name, "a\"\\/\b\f\n\r\té€😀z");
    for (std::string_view bad : {R"(\x)", R"(\u12)", R"(\u12g4)", R"(\ud83d)", R"(\ud83dx)",
                                 R"(\ud83d\n)", R"(\ude00)", R"(\ud83d\u0041)"}) {
        EXPECT_EQ(fault("{\"StreamName\":\"" + std::string(bad) + "\"}"), "") << bad;
        EXPECT_EQ(fault("{\"Other\":\"" + std::string(bad) + "\"}"), "") << bad;
    }
}

TEST(JsonDecode, NumbersAreFlooredAndClamped) {
    auto shards = [](std::string_view number) {
        Parsed<CreateStream> parsed;
        return *created(parsed, "{\"ShardCount\":" + std::string(number) + "}").shard_count;
    };
    EXPECT_EQ(shards("1.9"), 1);
    EXPECT_EQ(shards("-1.1"), -2);
    EXPECT_EQ(shards("-0"), 0);
    EXPECT_EQ(shards("2147483648"), 2147483647);
    EXPECT_EQ(shards("-2147483649"), -2147483648);
    EXPECT_EQ(shards("1e2"), 100);
    EXPECT_EQ(shards("1e400"), 2147483647);
    EXPECT_EQ(shards("-1e400"), std::numeric_limits<int32_t>::min());
    EXPECT_EQ(shards("1e-400"), 0);
    EXPECT_EQ(shards("0." + std::string(400, '0') + "1"), 0);
    EXPECT_EQ(shards("1" + std::string(400, '0') + "e-1"), 2147483647);
    EXPECT_EQ(shards("-1" + std::string(400, '0') + "E-1"), -2147483648);
    EXPECT_EQ(shards("123456789012345678901234567890"), 2147483647);
}

TEST(JsonDecode, LongsKeepAllTheirDigits) {
    Parsed<CreateStream> parsed;
    EXPECT_EQ(created(parsed, R"({"MillisBehindLatest":9223372036854775807})").behind,
              std::numeric_limits<int64_t>::max());
    EXPECT_EQ(created(parsed, R"({"MillisBehindLatest":9223372036854775808})").behind,
              std::numeric_limits<int64_t>::max());
    EXPECT_EQ(created(parsed, R"({"MillisBehindLatest":-9223372036854775809})").behind,
              std::numeric_limits<int64_t>::min());
}

TEST(JsonDecode, Timestamps) {
    auto ms = [](std::string_view number) {
        Parsed<CreateStream> parsed;
        return created(parsed, "{\"Timestamp\":" + std::string(number) + "}").when->ms;
    };
    EXPECT_EQ(ms("1548118964"), 1548118964000);
    EXPECT_EQ(ms("1.548118964772E9"), 1548118964772);
    EXPECT_EQ(ms("0.0005"), 1);
    EXPECT_EQ(ms("-1.5"), -1500);
    EXPECT_EQ(ms("253402300799.999"), 253402300799999);  // the end of the year 9999
}

TEST(JsonDecode, RecordsInAnyOrderOfMembers) {
    auto parsed = parse<PutRecords>(R"({"StreamName":"s","Records":[
        {"Data":"Zm9v","PartitionKey":"a"},{"PartitionKey":"b","Data":"","ExplicitHashKey":"7"},
        {"Data":"Zm8=" , "Extra" : 1, "PartitionKey":"c"}, null]})");
    ASSERT_TRUE(parsed.result);
    const auto& records = *parsed.object.records;
    ASSERT_EQ(records.size(), 4u);
    EXPECT_EQ(as_text(*records[0].data), "foo");
    EXPECT_EQ(records[0].partition_key, "a");
    EXPECT_EQ(records[1].data->size(), 0u);
    EXPECT_EQ(records[1].explicit_hash_key, "7");
    EXPECT_EQ(as_text(*records[2].data), "fo");
    EXPECT_FALSE(records[3].data || records[3].partition_key);
}

TEST(JsonDecode, BlobWithEscapedSlashes) {
    auto parsed = parse<PutRecords>(R"({"Records":[{"Data":"+\/+\/"}]})");
    ASSERT_TRUE(parsed.result);
    EXPECT_EQ(as_text(*parsed.object.records->front().data), "\xfb\xff\xbf");
}

TEST(JsonDecode, LastOfEqualMembersCounts) {
    auto parsed = parse<PutRecords>(
        R"({"Records":[{"Data":""}],"StreamName":"a","Records":[],"StreamName":"b"})");
    ASSERT_TRUE(parsed.result);
    EXPECT_TRUE(parsed.object.records->empty());
    EXPECT_EQ(parsed.object.stream_name, "b");
    Parsed<CreateStream> tags;
    EXPECT_EQ(*created(tags, R"({"Tags":{"a":"1","b":"2","a":"3"}})").tags,
              (Map{{"a", "3"}, {"b", "2"}}));
}

TEST(JsonDecode, TypeFaultsOfScalars) {
    std::string number =
        "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted to ";
    std::string boolean = "class java.lang.Boolean can not be converted to ";
    std::string text = "class java.lang.String can not be converted to ";
    EXPECT_EQ(fault(R"({"EnforceConsumerDeletion":1})"), number + "an Boolean");
    EXPECT_EQ(fault(R"({"EnforceConsumerDeletion":"hello"})"),
              "'HELLO' can not be converted to an Boolean");
    EXPECT_EQ(fault(R"({"EnforceConsumerDeletion":"Yes"})"), "none");
    EXPECT_EQ(fault(R"({"StreamName":true})"), boolean + "an String");
    EXPECT_EQ(fault(R"({"StreamName":-1.5})"), number + "an String");
    EXPECT_EQ(fault(R"({"ShardCount":false})"), boolean + "an Integer");
    EXPECT_EQ(fault(R"({"ShardCount":"3"})"), text + "an Integer");
    EXPECT_EQ(fault(R"({"MillisBehindLatest":"3"})"), text + "an Long");
    EXPECT_EQ(fault(R"({"Timestamp":true})"), boolean + "milliseconds since epoch");
    EXPECT_EQ(fault(R"({"Timestamp":"now"})"), text + "milliseconds since epoch");
    EXPECT_EQ(blob_fault(R"({"Records":[{"Data":true}]})"), boolean + "a Blob");
    EXPECT_EQ(blob_fault(R"({"Records":[{"Data":1}]})"), number + "a Blob");
}

TEST(JsonDecode, TypeFaultsOfContainers) {
    std::string list = "Start of list found where not expected";
    std::string map = "Start of structure or map found where not expected.";
    EXPECT_EQ(fault(R"({"StreamName":[]})"), list);
    EXPECT_EQ(fault(R"({"ShardCount":{"a":1}})"), map);
    EXPECT_EQ(fault(R"({"TagKeys":"a"})"), "Expected list or null");
    EXPECT_EQ(fault(R"({"TagKeys":{}})"), map);
    EXPECT_EQ(fault(R"({"TagKeys":[[]]})"), list);
    EXPECT_EQ(fault(R"({"Tags":"a"})"), "Expected map or null");
    EXPECT_EQ(fault(R"({"Tags":[]})"), list);
    EXPECT_EQ(fault(R"({"Tags":{"a":{}}})"), map);
    EXPECT_EQ(fault(R"({"StreamModeDetails":1})"), "Expected null");
    EXPECT_EQ(fault(R"({"StreamModeDetails":[]})"), list);
    EXPECT_EQ(blob_fault(R"({"Records":[3]})"), "Expected null");
    EXPECT_EQ(fault("[]"), list);
}

TEST(JsonDecode, Base64Faults) {
    auto data = [](std::string_view text) {
        return blob_fault("{\"Records\":[{\"Data\":\"" + std::string(text) + "\"}]}");
    };
    EXPECT_EQ(data("abc"),
              "'abc' can not be converted to a Blob: Base64 encoded length is expected a "
              "multiple of 4 bytes but found: 3");
    EXPECT_EQ(data("ab$="), "'ab$=' can not be converted to a Blob: Invalid Base64 character: '$'");
    EXPECT_EQ(data("=aaa"), "'=aaa' can not be converted to a Blob: Invalid Base64 character: '='");
    EXPECT_EQ(data("ab=="),
              "'ab==' can not be converted to a Blob: Invalid last non-pad Base64 "
              "character dectected");
    EXPECT_EQ(data("abcé"), "'abcé' can not be converted to a Blob: Invalid Base64 character: 'é'");
    EXPECT_EQ(data("abé"),
              "'abé' can not be converted to a Blob: Base64 encoded length is expected a "
              "multiple of 4 bytes but found: 3");
}

TEST(JsonDecode, FirstTypeFaultIsToldButABrokenBodyWins) {
    EXPECT_EQ(fault(R"({"TagKeys":1,"Tags":1})"), "Expected list or null");
    EXPECT_EQ(fault(R"({"TagKeys":1,"Tags":1)"), "");
    EXPECT_EQ(fault(R"({"TagKeys":1,"Other":[1 2]})"), "");
}

TEST(JsonDecode, WhatIsNoJsonIsRefused) {
    for (std::string_view bad : {"",
                                 " ",
                                 "{",
                                 "}",
                                 "{}}",
                                 "{} {}",
                                 "{},",
                                 "null",
                                 "1",
                                 "\"a\"",
                                 "{]",
                                 "[}",
                                 "[",
                                 "{\"a\"}",
                                 "{\"a\":}",
                                 "{\"a\":1,}",
                                 "{,}",
                                 "{\"a\" 1}",
                                 "{\"a\":1 \"b\":2}",
                                 "{a:1}",
                                 "{\"a\":nul}",
                                 "{\"a\":truex}",
                                 "{\"a\":\"b\"c}",
                                 "{\"a\":01}",
                                 "{\"a\":1.}",
                                 "{\"a\":.5}",
                                 "{\"a\":+1}",
                                 "{\"a\":1e}",
                                 "{\"a\":-}",
                                 "{\"a\":0x1}",
                                 "{\"a\":[1,]}",
                                 "{\"a\":[,1]}",
                                 "{\"a\":[1}",
                                 "{\"a\":{\"b\":1]}",
                                 "{\"StreamName\":\"a}",
                                 "{\"StreamName\":\"a\x01\"}",
                                 "{\"StreamName\":\"\xff\"}",
                                 "{\"StreamName\":\"a\"\x01}",
                                 "{\"StreamName\":\"a\"b}",
                                 "{\"ShardCount\":1 2}",
                                 "{\"ShardCount\":00}",
                                 "{\"ShardCount\":--1}",
                                 "{\"EnforceConsumerDeletion\":tru}",
                                 "{\"EnforceConsumerDeletion\":falsey}",
                                 "{\"StreamName\":nulls}",
                                 "{\"TagKeys\":[\"a\",]}",
                                 "{\"TagKeys\":[\"a\"",
                                 "{1:2}",
                                 "{\"Tags\":{\"a\"}}",
                                 "{\"Tags\":{\"a\":\"b\",}}",
                                 "\xef\xbb\xbf{}",
                                 "{\"a\":'b'}",
                                 "{}//"})
        EXPECT_EQ(fault(bad), "") << bad;
    EXPECT_EQ(fault(std::string("{\"a\":1}\0", 8)), "");
}

TEST(JsonDecode, EveryTruncationIsRefused) {
    std::string_view json =
        R"({"StreamName":"s\n","ShardCount":-1.5e1,"Tags":{"a":"1"},"TagKeys":["x"],)"
        R"("X":[{"y":null}]})";
    for (size_t size = 0; size < json.size(); ++size)
        ASSERT_EQ(fault(json.substr(0, size)), "") << json.substr(0, size);
    EXPECT_EQ(fault(json), "none");
}

TEST(JsonDecode, DeepNestingIsRefused) {
    auto nested = [](size_t depth) {
        return "{\"X\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
    };
    EXPECT_EQ(fault(nested(60)), "none");
    EXPECT_EQ(fault(nested(100)), "");
    EXPECT_EQ(fault("{\"X\":" + std::string(1'000'000, '[')), "");
}

TEST(JsonDecode, FarTooManyElementsAreNotKept) {
    std::string json = "{\"Records\":[{}";
    for (int i = 0; i < 100'000; ++i) json += ",{}";
    auto parsed = parse<PutRecords>(json + "]}");
    ASSERT_TRUE(parsed.result);
    EXPECT_GT(parsed.object.records->size(), 500u);
    EXPECT_LT(parsed.object.records->size(), 2000u);
}

// To look for each of them among those before would take for ever.
TEST(JsonDecode, AmongFarTooManyKeysNoneIsLookedForAgain) {
    std::string keys = R"("k0":"0")";
    for (int i = 1; i < 1000; ++i) keys += R"(,"k)" + std::to_string(i) + R"(":"0")";
    auto parsed = parse<CreateStream>(R"({"Tags":{)" + keys + R"(,"k0":"1","k1":"1"}})");
    ASSERT_TRUE(parsed.result);
    EXPECT_EQ(parsed.object.tags->size(), 1000u);
    EXPECT_EQ(parsed.object.tags->at(0).second, "1");
    EXPECT_EQ(parsed.object.tags->at(1).second, "0");
    // The bound is the body's, however many maps it has.
    std::string same = R"("k":"0")";
    for (int i = 1; i < 600; ++i) same += R"(,"k":"1")";
    parsed = parse<CreateStream>(R"({"Tags":{)" + same + "}}");
    EXPECT_EQ(parsed.object.tags->size(), 1u);
    parsed = parse<CreateStream>(R"({"Tags":{)" + keys + R"(},"Tags":{)" + same + "}}");
    EXPECT_GT(parsed.object.tags->size(), 1u);
}

TEST(JsonDecode, HugeBodiesAfterSmallOnes) {
    std::string blob((size_t{4} << 20), 'A');
    auto huge = parse<PutRecords>("{\"Records\":[{\"Data\":\"" + blob + "\"}]}");
    ASSERT_TRUE(huge.result);
    EXPECT_EQ(huge.object.records->front().data->size(), size_t{3} << 20);
    auto small = parse<PutRecords>("{\"StreamName\":\"s\"}");
    ASSERT_TRUE(small.result);
    EXPECT_EQ(small.object.stream_name, "s");
}

}  // namespace
}  // namespace fors::wire
