// SPDX-License-Identifier: Apache-2.0
// Tests of CBOR both ways: AWS's encoding byte by byte, every tolerated input form, every
// truncation, false lengths.
#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "wire/test_shapes.h"
#include "wire/wire.h"

namespace fors::wire {
namespace {

using test::CreateStream;
using test::PutRecords;

std::string from_hex(std::string_view hex) {
    std::string bytes;
    auto value = [](char c) { return c <= '9' ? c - '0' : (c | 32) - 'a' + 10; };
    std::string digits;
    for (char c : hex)
        if (c != ' ') digits += c;
    for (size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes += static_cast<char>(value(digits[i]) << 4 | value(digits[i + 1]));
    return bytes;
}

std::string text(std::string_view value) {
    EXPECT_LT(value.size(), 24u);
    return static_cast<char>(0x60 + value.size()) + std::string(value);
}

// {name: value} with the value given in hex.
std::string with(std::string_view name, std::string_view hex) {
    return "\xa1" + text(name) + from_hex(hex);
}

template <class T>
struct Parsed {
    std::unique_ptr<char[]> body;
    std::unique_ptr<Arena> arena = std::make_unique<Arena>();
    T object{};
    Result<> result;
};

template <class T>
Parsed<T> parse(std::string_view cbor) {
    Parsed<T> parsed;
    parsed.body = std::make_unique<char[]>(cbor.size());
    std::copy(cbor.begin(), cbor.end(), parsed.body.get());
    parsed.result = decode(Format::cbor, {parsed.body.get(), cbor.size()}, *parsed.arena,
                           table_of<T>, &parsed.object);
    return parsed;
}

CreateStream created(Parsed<CreateStream>& parsed, std::string_view cbor) {
    parsed = parse<CreateStream>(cbor);
    EXPECT_TRUE(parsed.result) << parsed.result.error().message;
    return parsed.object;
}

std::string fault(std::string_view cbor) {
    auto parsed = parse<CreateStream>(cbor);
    return parsed.result ? "none" : parsed.result.error().message;
}

TEST(Cbor, ReplyAsAwsWritesIt) {
    test::PutRecordResult result{.shard_id = "shardId-000000000000", .sequence_number = "1"};
    std::string out;
    encode(Format::cbor, table_of<test::PutRecordResult>, &result, out);
    EXPECT_EQ(
        out,
        from_hex("bf675368617264496474736861726449642d3030303030303030303030306e53657175656e63654e"
                 "756d6265726131ff"));
    auto back = parse<test::PutRecordResult>(out);
    ASSERT_TRUE(back.result);
    EXPECT_EQ(back.object.shard_id, "shardId-000000000000");
}

TEST(Cbor, TimestampIsTaggedMilliseconds) {
    CreateStream object{.when = Timestamp{1700000000123}};
    std::string out;
    encode(Format::cbor, table_of<CreateStream>, &object, out);
    EXPECT_EQ(out, "\xbf" + text("Timestamp") + from_hex("c1 1b 0000018bcfe5687b ff"));
    auto ms = [](std::string_view hex) {
        Parsed<CreateStream> parsed;
        return created(parsed, with("Timestamp", hex)).when->ms;
    };
    EXPECT_EQ(ms("c1 1b 0000018bcfe5687b"), 1700000000123);
    EXPECT_EQ(ms("1b 0000018bcfe5687b"), 1700000000123);
    EXPECT_EQ(ms("c1 fb 41d954fc40000000"), 1700000000000 + 1000 * 0);  // floating: seconds
    EXPECT_EQ(ms("c1 20"), -1);
}

TEST(Cbor, EveryKindBothWays) {
    CreateStream object{.shard_count = -3,
                        .stream_name = "orders",
                        .mode = test::ModeDetails{"ON_DEMAND"},
                        .tags = Map{{"a", "1"}, {"b", ""}},
                        .tag_keys = {{"x", "y"}},
                        .enforce = true,
                        .behind = std::numeric_limits<int64_t>::min(),
                        .when = Timestamp{-5}};
    std::string out;
    encode(Format::cbor, table_of<CreateStream>, &object, out);
    Parsed<CreateStream> parsed;
    CreateStream back = created(parsed, out);
    EXPECT_EQ(back.shard_count, -3);
    EXPECT_EQ(back.stream_name, "orders");
    EXPECT_EQ(back.mode->mode, "ON_DEMAND");
    EXPECT_EQ(back.tags, object.tags);
    EXPECT_EQ(back.tag_keys, object.tag_keys);
    EXPECT_EQ(back.enforce, true);
    EXPECT_EQ(back.behind, object.behind);
    EXPECT_EQ(back.when, object.when);
}

TEST(Cbor, EmptyTextsAndBlobs) {
    test::GetRecordsResult object{.records = {{}}, .next = "", .behind = {}};
    std::string out;
    encode(Format::cbor, table_of<test::GetRecordsResult>, &object, out);
    auto back = parse<test::GetRecordsResult>(out);
    ASSERT_TRUE(back.result);
    EXPECT_EQ(back.object.records.size(), 1u);
    EXPECT_EQ(back.object.next, "");
}

TEST(Cbor, IntegersOfEveryWidth) {
    auto count = [](std::string_view hex) {
        Parsed<CreateStream> parsed;
        return *created(parsed, with("ShardCount", hex)).shard_count;
    };
    EXPECT_EQ(count("17"), 23);
    EXPECT_EQ(count("18 18"), 24);
    EXPECT_EQ(count("18 01"), 1);
    EXPECT_EQ(count("19 0100"), 256);
    EXPECT_EQ(count("1a 00010000"), 65536);
    EXPECT_EQ(count("1b 0000000000000005"), 5);
    EXPECT_EQ(count("1b ffffffffffffffff"), std::numeric_limits<int32_t>::max());
    EXPECT_EQ(count("3b ffffffffffffffff"), std::numeric_limits<int32_t>::min());
    EXPECT_EQ(count("38 63"), -100);
    EXPECT_EQ(count("f9 3e00"), 1);       // 1.5
    EXPECT_EQ(count("fa bf8ccccd"), -2);  // -1.1
    EXPECT_EQ(count("fb 7ff0000000000000"), std::numeric_limits<int32_t>::max());
    EXPECT_EQ(count("fb 7ff8000000000000"), 0);  // not a number
    EXPECT_EQ(count("c2 05"), 5);                // unknown tags are passed over
}

TEST(Cbor, IndefiniteLengthsAndChunks) {
    std::string body = "\xbf" + text("Records") + "\x9f\xbf" + text("Data") +
                       from_hex("5f 42 6162 40 41 63 ff") + text("PartitionKey") +
                       from_hex("7f 61 6b 61 79 ff") + "\xff\xa0\xff" + from_hex("7f 6a") +
                       "StreamName" + "\xff" + text("s") + "\xff";
    auto parsed = parse<PutRecords>(body);
    ASSERT_TRUE(parsed.result);
    ASSERT_EQ(parsed.object.records->size(), 2u);
    EXPECT_EQ(as_text(*parsed.object.records->front().data), "abc");
    EXPECT_EQ(parsed.object.records->front().partition_key, "ky");
    EXPECT_EQ(parsed.object.stream_name, "s");
}

TEST(Cbor, BytesAndTextAreViewsIntoTheBody) {
    auto parsed = parse<PutRecords>("\xa1" + text("Records") + "\x81\xa1" + text("Data") +
                                    "\x43"
                                    "abc");
    ASSERT_TRUE(parsed.result);
    EXPECT_EQ(reinterpret_cast<const char*>(parsed.object.records->front().data->data()),
              parsed.body.get() + 17);
}

TEST(Cbor, NullIsAbsentAndUnknownIsSkipped) {
    std::string body =
        "\xa4" + text("StreamName") + "\xf6" + text("Tags") + "\xf7" + text("Other") +
        from_hex(
            "bf 01 9f 02 f4 ff 61 61 5f 41 00 ff 82 fb 3ff0000000000000 f9 0000 c1 00 a0 f6 ff") +
        text("ShardCount") + "\x02";
    Parsed<CreateStream> parsed;
    CreateStream in = created(parsed, body);
    EXPECT_FALSE(in.stream_name || in.tags);
    EXPECT_EQ(in.shard_count, 2);
    for (size_t size = 0; size < body.size(); ++size)
        ASSERT_EQ(fault(body.substr(0, size)), "") << size;
}

TEST(Cbor, TypeFaults) {
    EXPECT_EQ(fault(with("StreamName", "01")),
              "class com.amazon.coral.value.json.numbers.TruncatingBigNumber can not be converted "
              "to an String");
    EXPECT_EQ(fault(with("TagKeys", "01")), "Expected list or null");
    EXPECT_EQ(fault(with("Tags", "80")), "Start of list found where not expected");
    EXPECT_EQ(fault(with("ShardCount", "a0")),
              "Start of structure or map found where not expected.");
    EXPECT_EQ(fault("\x80"), "Start of list found where not expected");
}

TEST(Cbor, BrokenBodies) {
    for (std::string_view hex : {"",
                                 "00",
                                 "f6",
                                 "ff",
                                 "a0 00",
                                 "bf",
                                 "a1",
                                 "bf ff ff",
                                 "a1 01 02",
                                 "bf 61 61 ff",
                                 "1c",
                                 "a1 61 61 1f",
                                 "a1 61 61 ff",
                                 "a1 61 61 fc",
                                 "a1 61 61 f8 20",
                                 "a1 61 61 5f 61 61 ff",
                                 "a1 61 61 7f 7f ff ff",
                                 "a1 61 61 df",
                                 "a1 61 61 3f",
                                 "a1 61 ff 00",
                                 "a1 61 61 61 ff"})
        EXPECT_EQ(fault(from_hex(hex)), "") << hex;
    EXPECT_EQ(fault(with("StreamName", "61 ff")), "");  // no UTF-8
    EXPECT_EQ(fault(with("StreamName", "62 c3")), "");
}

TEST(Cbor, FalseLengthsAreRefusedWithoutAllocating) {
    for (std::string_view huge : {"7b ffffffffffffffff", "7a ffffffff", "7b 7fffffffffffffff 61"})
        EXPECT_EQ(fault(with("StreamName", huge)), "") << huge;
    for (std::string_view huge : {"9b ffffffffffffffff", "9a ffffffff 61 61"})
        EXPECT_EQ(fault(with("TagKeys", huge)), "") << huge;
    EXPECT_EQ(fault(with("Tags", "bb ffffffffffffffff")), "");
    EXPECT_EQ(fault(from_hex("bb ffffffffffffffff")), "");
}

TEST(Cbor, DeepNestingIsRefused) {
    EXPECT_EQ(fault(with("Other", std::string(120, '8') + "0")), "");
    EXPECT_EQ(fault("\xa1" + text("Other") + std::string(1'000'000, '\x81')), "");
    EXPECT_EQ(fault("\xa1" + text("Other") + std::string(1'000'000, '\xc1')), "");
    EXPECT_EQ(fault("\xa1" + text("Other") + std::string(50, '\x81') + "\x80"), "none");
}

TEST(Cbor, Errors) {
    std::string out;
    encode_error(Format::cbor, "SerializationException", "", out);
    EXPECT_EQ(out, "\xbf\x66__type\x76SerializationException\xff");
    out.clear();
    encode_error(Format::cbor, "ResourceNotFoundException", "none", out);
    EXPECT_EQ(out, "\xbf\x66__type\x78\x19ResourceNotFoundException\x67message\x64none\xff");
}

}  // namespace
}  // namespace fors::wire
