// SPDX-License-Identifier: Apache-2.0
// Known digests: FIPS 180-4's examples and RFC 4231's test cases.
#include "auth/sha256.h"

#include <gtest/gtest.h>

#include <string>

#include "auth/sigv4.h"

namespace fors::auth {
namespace {

std::string hmac(const std::string& key, std::string_view data) {
    const HmacKey made({reinterpret_cast<const uint8_t*>(key.data()), key.size()});
    return std::string(hex(made.sign(data)));
}

TEST(Sha256, of_the_standards_examples) {
    EXPECT_EQ(std::string_view(hex(sha256(""))),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(std::string_view(hex(sha256("abc"))),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, of_pieces_is_that_of_the_whole_and_a_copy_goes_on_by_itself) {
    const std::string text(200, 'x');
    Sha256 hash;
    hash.add(text.substr(0, 70));
    Sha256 other = hash;
    hash.add(text.substr(70));
    other.add("y");
    EXPECT_EQ(hash.finish(), sha256(text));
    EXPECT_EQ(other.finish(), sha256(text.substr(0, 70) + "y"));
}

TEST(HmacKey, signs_as_rfc_4231_says) {
    EXPECT_EQ(hmac(std::string(20, '\x0b'), "Hi There"),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hmac("Jefe", "what do ya want for nothing?"),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    // Longer than a block.
    EXPECT_EQ(
        hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First"),
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacKey, signs_many_texts) {
    const HmacKey key({});
    const Digest first = key.sign("a");
    EXPECT_NE(key.sign("b"), first);
    EXPECT_EQ(key.sign("a"), first);
}

}  // namespace
}  // namespace fors::auth
