// SPDX-License-Identifier: Apache-2.0
// Survey: a data directory as recovery would find it, without changing anything: which chunks and
// batches there are, which shards, and what is wrong. Of chunks the footers, of segments all bytes.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "journal/chunk.h"
#include "journal/finding.h"
#include "journal/pace.h"

namespace fors::journal {

struct Survey {
    struct Chunk {
        uint64_t number;  // of its last batch, as its name says
        std::string path;
        ChunkIndex index;  // lost: nothing of it can be read; without its table of shards
    };
    struct BatchPlace {
        uint64_t number;
        size_t segment;  // in `segments`
        uint64_t offset;
        std::vector<RunEntry> runs;
        std::vector<TrimNote> notes;
    };

    std::vector<Chunk> chunks;              // by number
    std::vector<std::string> segments;      // paths, by generation
    std::vector<BatchPlace> batches;        // by number, each once
    std::map<uint32_t, ShardEntry> shards;  // those that a server would find
    uint64_t chunked_through = 0;  // batches up to it are in chunks (or were in a lost one)
    uint64_t indexed_through = 0;  // the newest chunk whose footer can be read
    std::vector<Finding> findings;

    // Batches that no footer sums up are lost: a shard may have given away sequences that nothing
    // here tells of.
    bool sequences_in_doubt() const;

    // The chunk before chunks[at]: its number.
    uint64_t chunk_begin(size_t at) const { return at == 0 ? 0 : chunks[at - 1].number; }
    // Nobody can read a block any more: its bytes may have been given back.
    bool trimmed(const BlockEntry& entry) const {
        const auto at = shards.find(entry.shard);
        return at == shards.end() || entry.next_sequence <= at->second.first;
    }
};

// Code::not_found: no data directory; not_implemented: a file of a later version, named.
env::Task<Result<Survey>> survey(env::Disk& disk, Pace& pace);

// The bytes of all files that a survey and a check of its chunks read.
env::Task<Result<uint64_t>> bytes_of_files(env::Disk& disk);

}  // namespace fors::journal
