// SPDX-License-Identifier: Apache-2.0
// Checksums and digests that need no library: CRC-32C (journal) and MD5 (partition keys).
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace fors {

// CRC-32C (Castagnoli) of `data`, continuing from `crc` (0 to begin). SSE4.2 where the CPU has it,
// else a table.
uint32_t crc32c(Bytes data, uint32_t crc = 0);

std::array<uint8_t, 16> md5(Bytes data);

}  // namespace fors
