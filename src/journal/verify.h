// SPDX-License-Identifier: Apache-2.0
// verify: every checksum of every file of a data directory that no server runs in; changes nothing.
// (scrub.h: beside a running one.)
#pragma once

#include <vector>

#include "journal/finding.h"
#include "journal/pace.h"
#include "journal/survey.h"

namespace fors::journal {

struct VerifyFigures {
    uint64_t segments = 0;
    uint64_t batches = 0;  // intact ones, in chunks or not
    uint64_t chunks = 0;
    uint64_t blocks = 0;
    uint64_t blocks_trimmed = 0;  // of those: given back, or to be; not looked at
    uint64_t records = 0;         // in the other blocks, and in batches that are in no chunk
    uint64_t shards = 0;
    uint64_t bytes = 0;  // of files
};

struct Verified {
    VerifyFigures figures;
    std::vector<Finding> findings;
    uint64_t damages() const;     // among them
    std::string summary() const;  // "2 chunks, ...: no damage found"
};

// Errors: Code::not_found, no data directory; not_implemented, a file of a later version, named.
env::Task<Result<Verified>> verify(env::Disk& disk, Pace& pace);

// The same of what a survey found, which needs the chunks only.
env::Task<Result<Verified>> verify(env::Disk& disk, Survey survey, Pace& pace);

}  // namespace fors::journal
