// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a compressed body. What unpacks is no larger than allowed, and under a
// smaller limit it is refused rather than cut.
#include <cstdint>

#include "base/assert.h"
#include "core/gunzip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors;
    constexpr size_t plain_bytes_max = 64 << 10;
    const std::string_view packed(reinterpret_cast<const char*>(data), size);
    const auto plain = core::gunzip(packed, plain_bytes_max);
    if (!plain) return 0;
    FORS_ASSERT(plain->size() <= plain_bytes_max);
    FORS_ASSERT(*core::gunzip(packed, plain->size()) == *plain);
    if (!plain->empty()) FORS_ASSERT(!core::gunzip(packed, plain->size() - 1));
    return 0;
}
