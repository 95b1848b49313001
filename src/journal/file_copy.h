// SPDX-License-Identifier: Apache-2.0
// copy_file: a file of one disk to another, synced, holes left holes.
#pragma once

#include <string>

#include "env/disk.h"
#include "journal/pace.h"

namespace fors::journal {

struct CopiedFile {
    uint64_t bytes = 0;
    uint32_t crc32c = 0;  // of all of it, as it was read
};

// The copy is a new file whose name is synced by the caller. Code::unavailable: the pace says stop.
env::Task<Result<CopiedFile>> copy_file(env::Disk& from, std::string from_path, env::Disk& to,
                                        std::string to_path, Pace& pace);

// The same sum of a file that stays where it is.
env::Task<Result<CopiedFile>> sum_file(env::Disk& disk, std::string path, Pace& pace);

}  // namespace fors::journal
