// SPDX-License-Identifier: Apache-2.0
// backup and restore: a copy of what is durable at one moment, made while the journal serves.
//
// The moment is a turn of the home thread: the chunks there are, the batches in memory that are in
// none of them, and what is known of every shard. Together they are all that was acknowledged, and
// nothing else. Batches and chunks never change from then on; only bytes of trimmed records are
// given back, and that waits until the copy is made. A backup has chunks alone: those of the
// moment, and one more of the batches. Where it lies a server can start.
#pragma once

#include "journal/journal.h"
#include "journal/manifest.h"
#include "journal/pace.h"

namespace fors::journal {

struct BackupParts {
    Journal& journal;
    env::Disk& from;                            // the journal's
    env::Disk& to;                              // empty
    env::Executor& home;                        // where it begins and ends
    env::Executor& apart;                       // where files are read and written
    std::optional<Manifest::File> beside = {};  // was put into `to` already
};

// Everything is synced and the manifest written when it returns. Code::unavailable: the pace said
// stop, or the journal's disk was in trouble, so that space had to be given back.
env::Task<Result<Manifest>> backup(BackupParts parts, int64_t now_ms, Pace& pace);

// The files of a backup into an empty directory, each held against the manifest. Code::corrupt
// names the one that doesn't fit or is missing.
env::Task<Result<>> restore(env::Disk& from, env::Disk& to, Manifest manifest, Pace& pace);

}  // namespace fors::journal
