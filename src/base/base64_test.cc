// SPDX-License-Identifier: Apache-2.0
// Tests of base64: known values, round trips of every length, every kind of fault at every place,
// both code paths alike.
#include "base/base64.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace fors::base64 {
namespace {

std::string encoded(std::string_view text) {
    std::string out;
    encode(as_bytes(text), out);
    return out;
}

// Decodes into exactly as much memory as promised, so that the sanitizer sees any byte too many;
// both paths must agree.
Decoded decoded(const std::string& text, std::string* data = nullptr) {
    std::vector<std::byte> out(decoded_size_max(text.size()));
    std::vector<std::byte> table(out.size());
    Decoded result = decode(text, out.data());
    Decoded other = detail::decode_by_table(text, table.data());
    EXPECT_EQ(result.fault, other.fault);
    EXPECT_EQ(result.size, other.size);
    EXPECT_EQ(result.bad_character, other.bad_character);
    EXPECT_EQ(result.at, other.at);
    if (data) *data = as_text(Bytes(out).first(result.size));
    return result;
}

std::string random_bytes(std::mt19937_64& random, size_t size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    return bytes;
}

TEST(Base64, KnownValues) {
    EXPECT_EQ(encoded(""), "");
    EXPECT_EQ(encoded("f"), "Zg==");
    EXPECT_EQ(encoded("fo"), "Zm8=");
    EXPECT_EQ(encoded("foo"), "Zm9v");
    EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
    EXPECT_EQ(encoded("\xfb\xff\xbf"), "+/+/");
}

TEST(Base64, EncodeAppends) {
    std::string out = "data:";
    encode(as_bytes("foo"), out);
    EXPECT_EQ(out, "data:Zm9v");
}

TEST(Base64, RoundTripOfEveryLength) {
    std::mt19937_64 random(1);
    for (size_t size = 0; size < 600; ++size) {
        std::string bytes = random_bytes(random, size);
        std::string text = encoded(bytes);
        ASSERT_EQ(text.size(), encoded_size(size));
        std::string by_table(text.size(), '?');
        detail::encode_by_table(as_bytes(bytes), by_table.data());
        ASSERT_EQ(text, by_table);
        std::string back;
        ASSERT_EQ(decoded(text, &back).fault, Fault::none) << size;
        ASSERT_EQ(back, bytes) << size;
    }
}

TEST(Base64, LengthMustBeMultipleOfFour) {
    for (std::string text : {"A", "AA", "AAA", "AAAAA", "AA=", "AAAA="})
        EXPECT_EQ(decoded(text).fault, Fault::bad_length) << text;
}

TEST(Base64, EveryForeignCharacterIsFoundAtEveryPlace) {
    std::mt19937_64 random(2);
    std::string text = encoded(random_bytes(random, 150));
    std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t at = 0; at < text.size(); ++at)
        for (int character = 0; character < 256; ++character) {
            auto c = static_cast<char>(character);
            if (alphabet.find(c) != std::string_view::npos) continue;
            if (c == '=' && at == text.size() - 1) continue;
            std::string broken = text;
            broken[at] = c;
            Decoded result = decoded(broken);
            ASSERT_EQ(result.fault, Fault::bad_character) << at << " " << character;
            ASSERT_EQ(result.bad_character, c);
            ASSERT_EQ(result.at, at);
        }
}

TEST(Base64, PaddingOnlyAtTheEnd) {
    for (std::string text : {"A===", "====", "A=AA", "=AAA", "AA=A", "AA==AAAA", "AAA=AAAA"}) {
        Decoded result = decoded(text);
        EXPECT_EQ(result.fault, Fault::bad_character) << text;
        EXPECT_EQ(result.bad_character, '=') << text;
    }
}

TEST(Base64, TailMustBeCanonical) {
    for (std::string text : {"AB==", "AAB=", "Zh==", "Zm9="})
        EXPECT_EQ(decoded(text).fault, Fault::bad_tail);
    for (std::string text : {"AA==", "AQ==", "AAA=", "AAE="})
        EXPECT_EQ(decoded(text).fault, Fault::none);
}

TEST(Base64, EveryTextDecodesToWhatEncodesToItOrIsRefused) {
    std::mt19937_64 random(3);
    std::string_view characters = "ABCZabcz0189+/=";
    for (int turn = 0; turn < 20'000; ++turn) {
        std::string text(random() % 3 * 4 + 4, 'A');
        for (char& c : text) c = characters[random() % characters.size()];
        std::string back;
        if (decoded(text, &back).fault == Fault::none) {
            ASSERT_EQ(encoded(back), text);
        }
    }
}

}  // namespace
}  // namespace fors::base64
