// SPDX-License-Identifier: Apache-2.0
// Finding: something that a look at the files of a data directory brought up, and where.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "journal/file_window.h"
#include "journal/format.h"

namespace fors::journal {

struct Finding {
    enum class Kind : uint8_t {
        damage,  // bytes are not what was written
        remark,  // worth knowing, no damage: a torn end, a hole in the sequences
    };
    Kind kind = Kind::damage;
    std::string file;  // relative to the data directory; empty: of no single file
    uint64_t offset = 0;
    std::string what;
    bool unread = false;  // the disk did not give the bytes; they may well be right
    // The batches whose records may be missing because of it, when it is not known which records
    // those are; none: 0, 0.
    uint64_t first_batch = 0;
    uint64_t last_batch = 0;
    // What the directory of a damaged batch says, for which no checksum vouches.
    std::vector<RunEntry> runs = {};
};

// "chunks/0000000000000007.chunk at offset 4096: a block's checksum does not fit".
std::string text_of(const Finding& finding);

void add_unreadable(const std::string& file, const std::vector<Unreadable>& places,
                    std::vector<Finding>& findings);

// "batch 7 is", "batches 7 to 9 are".
std::string batches_are(uint64_t first, uint64_t last);

// The first byte of `bytes` that isn't zero; its size when all are.
size_t first_not_zero(Bytes bytes);

}  // namespace fors::journal
