// SPDX-License-Identifier: Apache-2.0
#include "journal/segment_header.h"

#include <cstring>
#include <span>

#include "base/digest.h"

namespace fors::journal {

namespace {

uint32_t checksum(const SegmentHeader& header) {
    return crc32c(std::as_bytes(std::span(&header, 1)).subspan(8));
}

std::optional<SegmentHeader> header_at(Bytes bytes, uint64_t offset) {
    SegmentHeader header;
    if (bytes.size() < offset + sizeof(header)) return std::nullopt;
    std::memcpy(&header, bytes.data() + offset, sizeof(header));
    const bool fits = header.magic == segment_magic && header.crc32c == checksum(header);
    return fits ? std::optional(header) : std::nullopt;
}

}  // namespace

AlignedBytes header_block(SegmentHeader header) {
    header.crc32c = checksum(header);
    AlignedBytes block(block_bytes);
    const Bytes bytes = std::as_bytes(std::span(&header, 1));
    block.append(bytes);
    block.append_zeros(segment_copy_offset - block.size());
    block.append(bytes);
    block.append_zeros(block_bytes - block.size());
    return block;
}

std::optional<SegmentHeader> header_of(Bytes block) {
    const auto first = header_at(block, 0);
    const auto second = header_at(block, segment_copy_offset);
    if (!first) return second;
    return second && second->generation > first->generation ? second : first;
}

}  // namespace fors::journal
