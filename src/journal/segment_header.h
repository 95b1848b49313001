// SPDX-License-Identifier: Apache-2.0
// The first block of a segment: its header, twice.
#pragma once

#include <optional>

#include "base/bytes.h"
#include "journal/aligned_bytes.h"
#include "journal/format.h"

namespace fors::journal {

// Both copies, with their checksum, and the zeros around them: block_bytes of it.
AlignedBytes header_block(SegmentHeader header);

// From the first block as it was read: of two copies that differ the newer, since the crash came
// while they were written. Nothing when neither fits its checksum.
std::optional<SegmentHeader> header_of(Bytes block);

}  // namespace fors::journal
