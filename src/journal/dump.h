// SPDX-License-Identifier: Apache-2.0
// A segment or chunk file in words, for people who look for damage or want to know what is where.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "env/disk.h"

namespace fors::journal {

struct DumpOptions {
    bool records = false;  // a line for each record as well
};

// Describes `path` line by line to `line` (without its end); what is damaged is a line that begins
// with "DAMAGED". Gives how many damages there were; Code::not_found, or invalid_argument when it
// is neither kind of file. Changes nothing.
env::Task<Result<uint64_t>> dump(env::Disk& disk, std::string path, DumpOptions options,
                                 std::function<void(std::string_view line)> line);

}  // namespace fors::journal
