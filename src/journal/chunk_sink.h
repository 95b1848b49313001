// SPDX-License-Identifier: Apache-2.0
// ChunkSink: records that come in the order of their shards' sequences, written as chunks of a new
// directory.
#pragma once

#include <memory>
#include <vector>

#include "journal/batch.h"
#include "journal/chunk.h"

namespace fors::journal {

class ChunkSink {
public:
    // `shards`: what every chunk says of all shards.
    ChunkSink(env::Disk& disk, std::vector<ShardEntry> shards, size_t chunk_bytes)
        : disk_(disk), shards_(std::move(shards)), chunk_bytes_(chunk_bytes) {}

    // Makes the directories.
    env::Task<Result<>> open();
    // Writes a chunk when enough has come together.
    env::Task<Result<>> add(log::Append record);
    // The last chunk, even when it holds nothing: the footers tell of the shards.
    env::Task<Result<>> finish();

    uint64_t chunks() const { return chunks_; }

private:
    env::Task<Result<>> write();

    env::Disk& disk_;
    std::vector<ShardEntry> shards_;
    size_t chunk_bytes_;
    std::unique_ptr<Batch> batch_ = std::make_unique<Batch>();
    size_t bytes_ = 0;
    uint64_t chunks_ = 0;
};

}  // namespace fors::journal
