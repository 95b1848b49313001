// SPDX-License-Identifier: Apache-2.0
// Scrub: every checksum of a journal's files while it serves. It asks the journal what is in use,
// reads on a thread of its own, and asks again before it calls something damaged: chunks go, blocks
// are given back and segments are used again meanwhile.
#pragma once

#include "journal/journal.h"
#include "journal/pace.h"
#include "journal/verify.h"

namespace fors::journal {

// Of chunks everything, of segments the batches that are in no chunk yet. Called and ended on
// `home`; the disk is read on `apart`, where the pace waits, too. Code::unavailable: the pace said
// stop.
env::Task<Result<Verified>> scrub(Journal& journal, env::Disk& disk, env::Executor& home,
                                  env::Executor& apart, Pace& pace);

}  // namespace fors::journal
