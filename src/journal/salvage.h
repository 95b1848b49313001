// SPDX-License-Identifier: Apache-2.0
// salvage: copies all that is readable out of a damaged data directory into a fresh one, and says
// what is not.
//
// The new directory holds chunks alone, which a server takes up as its own: sequences and arrivals
// stay, what is trimmed stays behind. Where a chunk is damaged, the batches that became it are
// looked for in the segments.
#pragma once

#include <string>
#include <vector>

#include "journal/finding.h"
#include "journal/pace.h"
#include "log/log.h"

namespace fors::journal {

struct SalvageOptions {
    size_t chunk_bytes = 64 << 20;  // of those that are written, and of memory
};

// Records of a shard that are nowhere to be read: first to next, without it.
struct Lost {
    uint32_t shard;
    uint64_t first;
    uint64_t next;
    std::string file;  // where they were, or what was lost when they were
    uint64_t offset = 0;
};
std::string text_of(const Lost& lost);

struct Salvaged {
    uint64_t records = 0;
    uint64_t bytes = 0;  // of keys and data
    uint64_t chunks = 0;
    uint64_t shards = 0;
    std::vector<Finding> findings;  // all that is wrong with the old directory
    std::vector<Lost> lost;
    uint64_t records_lost() const;
    // What a server will make of it, where that is not plain.
    std::vector<std::string> warnings() const;
};

// `from` is only read. `to` holds no data yet. Errors: those of survey(); what `to` refuses.
env::Task<Result<Salvaged>> salvage(env::Disk& from, env::Disk& to, Pace& pace,
                                    SalvageOptions options = {});

}  // namespace fors::journal
