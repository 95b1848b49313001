// SPDX-License-Identifier: Apache-2.0
// check_chunk: every byte of a chunk file against its checksums, and against what is zero.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "journal/chunk.h"
#include "journal/finding.h"

namespace fors::journal {

struct ChunkCheck {
    std::vector<Finding> findings;
    std::vector<std::pair<Finding, BlockEntry>> bad_blocks;
    uint64_t blocks = 0;
    uint64_t blocks_trimmed = 0;  // not looked at: their bytes may have been given back
    uint64_t records = 0;
};

// `index` as read_chunk_index() gave it; `trimmed`: whether nobody can read a block any more.
env::Task<Result<ChunkCheck>> check_chunk(env::Disk& disk, std::string path, ChunkIndex index,
                                          std::function<bool(const BlockEntry&)> trimmed,
                                          Pace& pace);

// Number of records in a block; nothing when checksum or structure don't fit.
std::optional<uint64_t> records_of_block(Bytes bytes, const BlockEntry& entry);

}  // namespace fors::journal
