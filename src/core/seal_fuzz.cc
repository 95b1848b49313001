// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any text as a sealed token (shard iterators, NextToken). None opens that was not
// made here, for its purpose; one that was opens to its content, and no longer with one bit
// changed.
#include <cstdint>
#include <cstring>
#include <string>

#include "base/assert.h"
#include "base/bytes.h"
#include "core/seal.h"

namespace fors::core {
namespace {

class Counting final : public env::Random {
public:
    void fill(std::span<std::byte> out) override {
        for (std::byte& byte : out) byte = std::byte(++count_);
    }

private:
    unsigned char count_ = 0;
};

void expect_round_trip(Seal& seal, std::string_view content, size_t flipped) {
    std::string token = seal.seal("iterator", content);
    FORS_ASSERT(seal.open("iterator", token) == content);
    FORS_ASSERT(!seal.open("shards", token));
    token[flipped % token.size()] ^= 1;
    FORS_ASSERT(!seal.open("iterator", token));
    token.pop_back();
    FORS_ASSERT(!seal.open("iterator", token));
}

}  // namespace
}  // namespace fors::core

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::core;
    static Counting random;
    static Seal seal(SealKey{}, random);
    const std::string_view text = fors::as_text(std::as_bytes(std::span(data, size)));
    // 16 bytes of tag can't be guessed; a corpus of genuine tokens of another key is refused, too.
    FORS_ASSERT(!seal.open("iterator", text));
    expect_round_trip(seal, text, size > 0 ? data[0] : 0);
    return 0;
}
