// SPDX-License-Identifier: Apache-2.0
// Prepared requests: their keys, their sizes, their hashes, and KPL's format byte by byte.
#include "load/bodies.h"

#include <gtest/gtest.h>

#include <set>

#include "base/base64.h"
#include "base/digest.h"
#include "load/signer.h"

namespace fors::load {
namespace {

class Counting final : public env::Random {
public:
    void fill(std::span<std::byte> out) override {
        for (std::byte& each : out) each = static_cast<std::byte>(next_++);
    }

private:
    unsigned next_ = 0;
};

// All values of a string member.
std::vector<std::string> values_of(const std::string& json, const std::string& name) {
    std::vector<std::string> found;
    const std::string before = "\"" + name + "\":\"";
    for (size_t at = json.find(before); at != std::string::npos; at = json.find(before, at)) {
        at += before.size();
        found.push_back(json.substr(at, json.find('"', at) - at));
    }
    return found;
}

TEST(Bodies, each_partition_key_is_there) {
    Counting random;
    const auto bodies = make_bodies({.stream = "s", .size = 10, .partition_keys = 700}, random);
    ASSERT_TRUE(bodies);
    std::set<std::string> keys;
    for (const Body& each : *bodies) {
        EXPECT_EQ(each.hash, payload_hash(each.json));
        EXPECT_EQ(each.bytes, 10u);
        EXPECT_EQ(values_of(each.json, "Data").front().size(), base64::encoded_size(10));
        keys.insert(values_of(each.json, "PartitionKey").front());
    }
    EXPECT_EQ(keys.size(), 700u);
}

TEST(Bodies, batches_have_their_records) {
    Counting random;
    const auto bodies = make_bodies(
        {.stream = "s", .size = 100, .records = 500, .partition_keys = 3, .batched = true}, random);
    ASSERT_TRUE(bodies);
    EXPECT_GE(bodies->size(), 4u);
    for (const Body& each : *bodies) {
        EXPECT_EQ(values_of(each.json, "Data").size(), 500u);
        EXPECT_EQ(each.records, 500u);
        EXPECT_EQ(each.bytes, 50'000u);
    }
}

TEST(Bodies, too_many_keys_are_refused) {
    Counting random;
    EXPECT_FALSE(make_bodies({.stream = "s", .size = 1 << 20, .partition_keys = 100'000}, random));
}

TEST(Bodies, aggregates_are_what_kpl_makes) {
    const std::string whole = aggregate("k", {"ab", std::string(200, 'x')});
    const std::string message = std::string("\x0a\x01k", 3) +
                                std::string(
                                    "\x1a\x06\x08\x00\x1a\x02"
                                    "ab",
                                    8) +
                                std::string("\x1a\xcd\x01\x08\x00\x1a\xc8\x01", 8) +
                                std::string(200, 'x');
    EXPECT_EQ(whole.substr(0, 4), "\xf3\x89\x9a\xc2");
    EXPECT_EQ(whole.substr(4, whole.size() - 20), message);
    const auto digest = md5(as_bytes(message));
    EXPECT_EQ(whole.substr(whole.size() - 16), as_text(std::as_bytes(std::span(digest))));
}

}  // namespace
}  // namespace fors::load
