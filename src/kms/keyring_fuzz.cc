// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a snapshot of the keyring, then as its commands (each behind its length
// in two bytes). Whatever it becomes, its snapshot restores to the same.
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "kms/keyring.h"

namespace fors::kms {
namespace {

void expect_same_again(const Keyring& keyring) {
    const std::string image = keyring.snapshot();
    Keyring other;
    FORS_ASSERT(other.restore(image).has_value());
    FORS_ASSERT(other.snapshot() == image);
    for (const auto& [id, key] : keyring.keys()) {
        (void)key.next_rotation_ms();
        FORS_ASSERT(other.find(id)->arn() == key.arn());
    }
}

}  // namespace
}  // namespace fors::kms

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::kms;
    std::string_view text(reinterpret_cast<const char*>(data), size);
    Keyring restored;
    if (restored.restore(text)) expect_same_again(restored);
    Keyring keyring;
    while (text.size() >= 2) {
        const size_t length = (static_cast<size_t>(static_cast<unsigned char>(text[0])) << 8) |
                              static_cast<unsigned char>(text[1]);
        text.remove_prefix(2);
        (void)keyring.apply(text.substr(0, length));
        text.remove_prefix(std::min(length, text.size()));
    }
    expect_same_again(keyring);
    return 0;
}
