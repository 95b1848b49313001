// SPDX-License-Identifier: Apache-2.0
// The first block of a segment: its header, twice.
#pragma once

#include <optional>
#include <string_view>

#include "base/bytes.h"
#include "journal/aligned_bytes.h"
#include "journal/format.h"

namespace fors::journal {

// Both copies, with their checksum, and the zeros around them: block_bytes of it.
AlignedBytes header_block(SegmentHeader header);

// From the first block as it was read: of two copies that differ the newer, since the crash came
// while they were written. Nothing when neither fits its checksum.
std::optional<SegmentHeader> header_of(Bytes block);

// Whether the batch was begun in the segment since that was last put in use: nobody can guess the
// salt.
constexpr bool belongs_to(const BatchHeader& batch, const SegmentHeader& segment) {
    return batch.generation == segment.generation && batch.salt == segment.salt;
}

// What is said of a segment whose batches have no header: none fits its checksum, or the one that
// does is `older` than they are, so that theirs never came here.
constexpr std::string_view lost_header_text(bool older) {
    return older ? "the header is older than the batches" : "both copies of the header are damaged";
}

}  // namespace fors::journal
