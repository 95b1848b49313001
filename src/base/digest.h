// SPDX-License-Identifier: Apache-2.0
// Checksums and digests that need no library: CRC-32C (journal) and MD5 (partition keys).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/bytes.h"

namespace fors {

// CRC-32C (Castagnoli) of `data`, continuing from `crc` (0 to begin). SSE4.2 where the CPU has it,
// else a table.
uint32_t crc32c(Bytes data, uint32_t crc = 0);

using Md5 = std::array<uint8_t, 16>;
Md5 md5(Bytes data);
// The same of each text, several times as fast where there are many and the CPU has AVX2 or
// AVX-512. As many digests as texts.
void md5_each(std::span<const std::string_view> texts, std::span<Md5> digests);

}  // namespace fors
