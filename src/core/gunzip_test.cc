// SPDX-License-Identifier: Apache-2.0
// Whole files, broken ones, and those that would become more than is allowed.
#include "core/gunzip.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include "http/message.h"

namespace fors::core {
namespace {

std::string gzip(std::string_view plain) {
    libdeflate_compressor* compressor = libdeflate_alloc_compressor(9);
    std::string packed(libdeflate_gzip_compress_bound(compressor, plain.size()), '\0');
    packed.resize(libdeflate_gzip_compress(compressor, plain.data(), plain.size(), packed.data(),
                                           packed.size()));
    libdeflate_free_compressor(compressor);
    return packed;
}

Code refused(std::string_view packed, size_t plain_bytes_max = 1 << 20) {
    const auto plain = gunzip(packed, plain_bytes_max);
    EXPECT_FALSE(plain);
    return plain ? Code::internal : plain.error().code;
}

TEST(Gunzip, gives_back_what_was_compressed) {
    for (size_t size : {0UZ, 1UZ, 1'000UZ, 100'000UZ}) {
        std::string text;
        while (text.size() < size) text += std::to_string(text.size());
        const auto plain = gunzip(gzip(text), text.size());
        ASSERT_TRUE(plain) << size;
        EXPECT_EQ(*plain, text);
        EXPECT_GE(plain->capacity(), text.size() + http::body_padding);
    }
}

TEST(Gunzip, refuses_more_than_is_allowed) {
    const std::string packed = gzip(std::string(100'000, 'x'));
    EXPECT_LT(packed.size(), 1'000);
    EXPECT_EQ(refused(packed, 99'999), Code::too_large);
}

TEST(Gunzip, refuses_a_length_that_is_not_true) {
    std::string packed = gzip(std::string(100'000, 'x'));
    for (const char wrong : {'\x00', '\x7F'}) {
        packed[packed.size() - 2] = wrong;
        EXPECT_EQ(refused(packed), Code::serialization);
    }
    packed.back() = '\x7F';  // two gigabytes, which so few bytes cannot hold
    EXPECT_EQ(refused(packed), Code::serialization);
}

TEST(Gunzip, refuses_what_is_cut_broken_or_followed) {
    const std::string packed = gzip("hello hello hello hello");
    for (size_t size = 0; size < packed.size(); ++size)
        EXPECT_NE(refused(std::string_view(packed).substr(0, size)), Code::internal) << size;
    for (size_t at = 10; at < packed.size(); ++at) {
        std::string broken = packed;
        broken[at] = static_cast<char>(broken[at] ^ 0x10);
        EXPECT_NE(refused(broken), Code::internal) << at;
    }
    EXPECT_EQ(refused(packed + packed), Code::serialization);
}

}  // namespace
}  // namespace fors::core
