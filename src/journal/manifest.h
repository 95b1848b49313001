// SPDX-License-Identifier: Apache-2.0
// Manifest: what a backup consists of, so that a file that is missing is missed. Lines of text:
//
//     fors-backup 1
//     made 2026-11-26T12:00:00Z
//     file chunks/0000000000000b1e.chunk 20971520 7d3c11a0
//     beside root.key 45 11c0de42
//     crc 04f2c1e9
//
// A file's line has its bytes and CRC-32C; the last one the CRC-32C of all lines before it. What
// lies beside the journal's files is its owner's affair.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/disk.h"

namespace fors::journal {

inline constexpr std::string_view manifest_file = "manifest";

struct Manifest {
    struct File {
        std::string path;
        uint64_t bytes;
        uint32_t crc32c;
    };
    int64_t made_ms = 0;
    std::vector<File> files;
    std::optional<File> beside;

    std::string text() const;
    // Code::corrupt; not_implemented: of a later version.
    static Result<Manifest> parse(std::string_view text);
};

std::string iso_time(int64_t ms);  // 2026-11-26T12:00:00Z

env::Task<Result<>> write_manifest(env::Disk& disk, Manifest manifest);
// Code::not_found: no backup lies there.
env::Task<Result<Manifest>> read_manifest(env::Disk& disk);

}  // namespace fors::journal
