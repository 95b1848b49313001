// SPDX-License-Identifier: Apache-2.0
// The formats that CloudWatch is spoken in: query and XML, JSON 1.0, CBOR of Smithy RPC.
#include <gtest/gtest.h>

#include <cmath>

#include "wire/wire.h"

namespace fors::wire {

namespace test {

struct Pair {
    std::optional<std::string_view> name, value;
};
struct Datum {
    std::optional<std::string_view> name;
    std::optional<std::vector<Pair>> pairs;
    std::optional<Timestamp> time;
    std::optional<double> value;
    std::optional<std::vector<double>> values;
    std::optional<std::vector<Timestamp>> times;
    std::optional<int32_t> count;
    std::optional<bool> flag;
    std::optional<std::vector<std::string_view>> words;
    std::optional<Bytes> blob;
};

}  // namespace test

template <>
struct Shape<test::Pair> {
    static constexpr std::string_view name = "Pair";
    static constexpr Field fields[] = {
        field<&test::Pair::name>("Name"),
        field<&test::Pair::value>("Value"),
    };
};
template <>
struct Shape<test::Datum> {
    static constexpr std::string_view name = "Datum";
    static constexpr Field fields[] = {
        field<&test::Datum::name>("Name"),     field<&test::Datum::pairs>("Pairs"),
        field<&test::Datum::time>("Time"),     field<&test::Datum::value>("Value"),
        field<&test::Datum::values>("Values"), field<&test::Datum::times>("Times"),
        field<&test::Datum::count>("Count"),   field<&test::Datum::flag>("Flag"),
        field<&test::Datum::words>("Words"),   field<&test::Datum::blob>("Blob"),
    };
};

namespace {

using test::Datum;

class Formats : public testing::Test {
protected:
    Result<Datum> decoded(Format format, std::string body, DecodeOptions options = {}) {
        held_ = std::move(body);
        held_.reserve(held_.size() + 64);
        arena_.reset();
        Datum datum;
        auto done = decode(format, held_, arena_, table_of<Datum>, &datum, options);
        if (!done) return std::unexpected(std::move(done.error()));
        return datum;
    }
    static std::string encoded(Format format, const Datum& datum) {
        std::string out;
        encode(format, table_of<Datum>, &datum, out);
        return out;
    }

    std::string held_;
    Arena arena_;
};

TEST_F(Formats, what_is_stored_is_read_whole_and_a_request_is_not_cut_in_silence) {
    Datum many;
    many.values.emplace(100'001, 1.0);
    many.pairs.emplace(100'001, test::Pair{.name = "n"});
    const std::string body = encoded(Format::cbor, many);
    const auto whole = decoded(Format::cbor, body, {.stored = true});
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->values->size(), 100'001u);
    EXPECT_EQ(whole->pairs->size(), 100'001u);
    const auto refused = decoded(Format::cbor, body);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "More than 100000 elements");
}

TEST_F(Formats, a_query_names_members_of_lists_by_number) {
    const auto datum = decoded(
        Format::query,
        "Action=Put&Version=2010-08-01&Name=a+b%2Bc&Pairs.member.2.Name=two&Pairs.member.1.Name="
        "one&Pairs.member.1.Value=%C3%A9&Words.member.1=x&Words.member.10=z&Words.member.2=y&"
        "Values.member.1=1.5&Values.member.2=-2e3&Count=7&Flag=true&Value=0.1&Blob=aGk%3D");
    ASSERT_TRUE(datum);
    EXPECT_EQ(datum->name, "a b+c");
    ASSERT_EQ(datum->pairs->size(), 2u);
    EXPECT_EQ((*datum->pairs)[0].name, "one");
    EXPECT_EQ((*datum->pairs)[0].value, "é");
    EXPECT_EQ((*datum->pairs)[1].name, "two");
    EXPECT_FALSE((*datum->pairs)[1].value);
    EXPECT_EQ(*datum->words, (std::vector<std::string_view>{"x", "y", "z"}));
    EXPECT_EQ(*datum->values, (std::vector<double>{1.5, -2000}));
    EXPECT_EQ(datum->count, 7);
    EXPECT_EQ(datum->flag, true);
    EXPECT_EQ(datum->value, 0.1);
    EXPECT_EQ(as_text(*datum->blob), "hi");
}

TEST_F(Formats, a_query_is_not_cut_in_silence) {
    std::string body;
    for (int at = 1; at <= 100'000; ++at) body += "Values.member." + std::to_string(at) + "=1&";
    const auto whole = decoded(Format::query, body);
    ASSERT_TRUE(whole);
    EXPECT_EQ(whole->values->size(), 100'000u);
    const auto refused = decoded(Format::query, body + "Values.member.100001=1");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message, "More than 100000 elements");
}

TEST_F(Formats, a_query_has_times_as_people_write_them) {
    const auto ms = [&](const std::string& text) {
        const auto datum = decoded(Format::query, "Time=" + text);
        return datum ? datum->time->ms : -1;
    };
    EXPECT_EQ(ms("2026-11-24T12:00:00Z"), 1795521600000);
    EXPECT_EQ(ms("2026-11-24T12:00:00.250Z"), 1795521600250);
    EXPECT_EQ(ms("2026-11-24T12:00:00"), 1795521600000);
    EXPECT_EQ(ms("2026-11-24T14:00:00%2B02:00"), 1795521600000);
    EXPECT_EQ(ms("2026-11-24T11:30:00-00:30"), 1795521600000);
    EXPECT_EQ(ms("1795521600"), 1795521600000);
    EXPECT_EQ(ms("yesterday"), -1);
    EXPECT_EQ(ms("2024-02-29T00:00:00Z"), 1709164800000);
    for (const char* none : {"2026-11-24T12:00:00x", "2026-02-29T00:00:00Z", "2026-02-31T00:00:00Z",
                             "2026-11-24T12:00:00%00", "2026-11-24T12:00:00Z%00",
                             "2026-11-24T12:00:00.5%00Z", "2026-11-24T12:00:00%2B02:00%00",
                             "2026-11-24T12:00:00%2B", "1795521600%00", "nan", "inf"})
        EXPECT_EQ(ms(none), -1) << none;
}

TEST_F(Formats, a_broken_query_is_refused) {
    for (const std::string body : {"Name=%", "Name=%4", "Name=%zz", "Count=x", "Value=1.5x",
                                   "Flag=maybe", "Pairs.member.x.Name=1", "Name=%ff", "Blob=a"})
        EXPECT_FALSE(decoded(Format::query, body)) << body;
    for (const std::string body : {"", "&", "=", "Name", "Unknown=1&Unknown.member.1=2"})
        EXPECT_TRUE(decoded(Format::query, body)) << body;
}

TEST_F(Formats, answers_in_xml) {
    const Datum datum{.name = "a<b>&\"c\"",
                      .pairs = std::vector<test::Pair>{{"n", "v"}, {}},
                      .time = Timestamp{1795521600250},
                      .value = 2,
                      .values = std::vector<double>{0.5},
                      .times = std::vector<Timestamp>{{1795521600000}},
                      .flag = false,
                      .words = std::vector<std::string_view>{}};
    EXPECT_EQ(encoded(Format::query, datum),
              "<Name>a&lt;b&gt;&amp;&quot;c&quot;</Name>"
              "<Pairs><member><Name>n</Name><Value>v</Value></member><member></member></Pairs>"
              "<Time>2026-11-24T12:00:00.250Z</Time><Value>2</Value>"
              "<Values><member>0.5</member></Values>"
              "<Times><member>2026-11-24T12:00:00Z</member></Times>"
              "<Flag>false</Flag><Words></Words>");
    std::string error;
    encode_error(Format::query, "Bad", "a < b", error);
    EXPECT_EQ(error,
              "<Error><Type>Sender</Type><Code>Bad</Code><Message>a &lt; b</Message></Error>");
    error.clear();
    encode_error(Format::query, "Bad", "", error, Side::receiver);
    EXPECT_EQ(error, "<Error><Type>Receiver</Type><Code>Bad</Code><Message></Message></Error>");
}

TEST_F(Formats, what_xml_has_no_character_for_is_replaced) {
    using namespace std::string_view_literals;
    const auto in_xml = [](std::string_view text) {
        return encoded(Format::query, Datum{.name = text});
    };
    EXPECT_EQ(in_xml("a\0b\x01\x1f"sv), "<Name>a\uFFFDb\uFFFD\uFFFD</Name>");
    EXPECT_EQ(in_xml("\uFFFE\uFFFF-"), "<Name>\uFFFD\uFFFD-</Name>");
    EXPECT_EQ(in_xml("\t\n\r\x7f"), "<Name>\t\n&#xD;\x7f</Name>");
    EXPECT_EQ(in_xml("\uFFFD\U0001FFFE\uD7FF"), "<Name>\uFFFD\U0001FFFE\uD7FF</Name>");
    std::string error;
    encode_error(Format::query, "Bad", "\x0c is no number", error);
    EXPECT_TRUE(error.contains("<Message>\uFFFD is no number</Message>")) << error;
}

TEST_F(Formats, numbers_and_times_there_and_back) {
    const Datum datum{.time = Timestamp{1795521600250},
                      .value = -0.1,
                      .values = std::vector<double>{1, 2.5, 1e300},
                      .times = std::vector<Timestamp>{{1795521600000}, {1}}};
    for (const Format format : {Format::json, Format::json_1_0, Format::cbor, Format::rpc_cbor}) {
        const auto back = decoded(format, encoded(format, datum));
        ASSERT_TRUE(back);
        EXPECT_EQ(back->time, datum.time);
        EXPECT_EQ(back->value, datum.value);
        EXPECT_EQ(back->values, datum.values);
        EXPECT_EQ(back->times, datum.times);
    }
}

TEST_F(Formats, what_is_no_number_comes_back_too) {
    const Datum datum{.value = -HUGE_VAL, .values = std::vector<double>{HUGE_VAL, std::nan("")}};
    for (const Format format : {Format::json, Format::json_1_0, Format::cbor, Format::rpc_cbor}) {
        const auto back = decoded(format, encoded(format, datum));
        ASSERT_TRUE(back);
        EXPECT_EQ(back->value, datum.value);
        EXPECT_EQ(back->values->front(), HUGE_VAL);
        EXPECT_TRUE(std::isnan(back->values->back()));
    }
    for (const char* wrong : {R"({"Value":"1.5"})", R"({"Value":"nan"})", R"({"Values":[""]})",
                              R"({"Count":"NaN"})", R"({"Time":"NaN"})"})
        EXPECT_FALSE(decoded(Format::json_1_0, wrong)) << wrong;
    EXPECT_FALSE(decoded(Format::rpc_cbor, "\xa1\x65Value\x63NaN"));
}

TEST_F(Formats, integers_of_cbor_keep_their_size_in_doubles) {
    const std::string most = "\xff\xff\xff\xff\xff\xff\xff\xff";
    for (const Format cbor : {Format::cbor, Format::rpc_cbor}) {
        EXPECT_EQ(decoded(cbor, "\xa1\x65Value\x1b" + most)->value, 0x1p64);
        EXPECT_EQ(decoded(cbor, "\xa1\x65Value\x3b" + most)->value, -0x1p64);
    }
}

TEST_F(Formats, no_time_is_so_far_away_that_sums_overflow) {
    constexpr int64_t max = int64_t{1} << 51;
    const auto ms = [&](Format format, std::string body) {
        return decoded(format, std::move(body))->time->ms;
    };
    using namespace std::string_literals;
    for (const char* late : {"1e300", "9223372036854775807", "1e20"}) {
        EXPECT_EQ(ms(Format::json_1_0, "{\"Time\":"s + late + "}"), max);
        EXPECT_EQ(ms(Format::json_1_0, "{\"Time\":-"s + late + "}"), -max);
        EXPECT_EQ(ms(Format::query, "Time="s + late), max);
        EXPECT_EQ(ms(Format::query, "Time=-"s + late), -max);
    }
    for (const Format cbor : {Format::cbor, Format::rpc_cbor}) {
        EXPECT_EQ(ms(cbor, "\xa1\x64Time\xc1\x1b\x7f\xff\xff\xff\xff\xff\xff\xff"), max);
        EXPECT_EQ(ms(cbor, "\xa1\x64Time\xc1\x3b\x7f\xff\xff\xff\xff\xff\xff\xff"), -max);
        EXPECT_EQ(ms(cbor, "\xa1\x64Time\xc1\xfb\x7f\xf0\0\0\0\0\0\0"s), max);
    }
    EXPECT_FALSE(decoded(Format::query, "Time=2026-11-24T12:00:00.5e300Z"));
    // Our own keep what they say.
    const std::string stored = encoded(Format::cbor, {.time = Timestamp{253'402'300'799'999}});
    EXPECT_EQ(decoded(Format::cbor, stored, {.stored = true})->time->ms, 253'402'300'799'999);
}

TEST_F(Formats, cbor_of_smithy_rpc_has_seconds) {
    // {"Time": 1(1795521600)}
    const std::string whole = "\xa1\x64Time\xc1\x1a\x6b\x05\x58\x40";
    ASSERT_EQ(decoded(Format::rpc_cbor, whole)->time->ms, int64_t{0x6b055840} * 1000);
    EXPECT_EQ(decoded(Format::cbor, whole)->time->ms, int64_t{0x6b055840});
}

}  // namespace
}  // namespace fors::wire
