// SPDX-License-Identifier: Apache-2.0
// ShardIndex: where one shard's records lie: blocks in chunks first, then runs in batches still in
// memory.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "env/executor.h"
#include "journal/batch.h"
#include "journal/format.h"

namespace fors::journal {

// 64 bytes a block: the index of all blocks stays in memory.
struct BlockRef {
    BlockEntry entry;
    uint64_t chunk;  // the chunk's number
};

// Neighbouring blocks of a chunk.
struct Stretch {
    uint64_t chunk;
    uint64_t offset;
    uint64_t bytes;
};

struct TailRun {
    RunEntry entry;
    BufferRef batch;  // a Batch
    uint64_t next_sequence() const { return entry.first_sequence + entry.count; }
    Bytes frames() const {
        return static_cast<const Batch&>(*batch.get()).bytes().subspan(entry.offset, entry.bytes);
    }
};

struct Watcher {
    uint64_t from;
    env::Callback callback;
};

struct ShardIndex {
    uint64_t first = 0;     // trimmed before it
    uint64_t next = 0;      // durable and readable before it
    uint64_t assigned = 0;  // given to records before it
    int64_t last_arrival_ms = 0;
    std::vector<BlockRef> blocks;
    std::vector<TailRun> tail;
    std::vector<Watcher> watchers;

    // The first block or run that holds something at or after `sequence`; size() when none does.
    size_t block_at(uint64_t sequence) const;
    size_t run_at(uint64_t sequence) const;
    // What follows `block` and was not told yet to whoever reads along, about `bytes` of it.
    std::vector<Stretch> ahead_of(const BlockRef& block, uint64_t bytes);

private:
    uint64_t announced_from_ = 0;  // sequences; the stretch that was announced last
    uint64_t announced_to_ = 0;
};

}  // namespace fors::journal
