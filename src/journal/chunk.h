// SPDX-License-Identifier: Apache-2.0
// Chunks: immutable files of sorted blocks into which batches are moved in the background; and
// reading blocks back.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/buffer.h"
#include "env/disk.h"
#include "journal/batch.h"
#include "journal/finding.h"
#include "journal/format.h"

namespace fors::journal {

inline constexpr std::string_view chunk_directory = "chunks";
inline constexpr size_t block_bytes_target = 512 << 10;

std::string chunk_path(uint64_t last_batch);  // its number is the last batch in it

struct ChunkIndex {
    std::vector<BlockEntry> blocks;  // by shard, then sequence
    std::vector<ShardEntry> shards;
    uint64_t last_batch = 0;
    uint64_t file_bytes = 0;
    uint64_t footer_offset = 0;
    uint64_t footer_bytes = 0;  // of one copy: blocks and shards
    uint32_t footer_crc32c = 0;
    bool lost = false;              // neither copy of trailer or footer fits: nothing is known
    std::vector<Finding> findings;  // a copy that is bad; the other was used
};

// Writes a chunk of `batches` (in order), under a temporary name first; synced and in place when it
// returns. `shards` goes into the footer; records of other shards, or before their first, are left
// out. Waits and blocks on the calling executor.
env::Task<Result<ChunkIndex>> write_chunk(env::Disk& disk, std::vector<BufferRef> batches,
                                          std::vector<ShardEntry> shards);

// The footer of an existing chunk.
env::Task<Result<ChunkIndex>> read_chunk_index(env::Disk& disk, std::string path);

// A block in memory, checked.
class Block final : public Buffer {
public:
    struct Run {
        uint64_t first_sequence;
        uint32_t count;
        Bytes frames;
    };

    // Null when the checksum or the structure doesn't fit.
    static std::unique_ptr<Block> parse(std::unique_ptr<std::byte[]> bytes, size_t size,
                                        uint32_t crc);
    const std::vector<Run>& runs() const { return runs_; }
    size_t size() const { return size_; }

private:
    std::unique_ptr<std::byte[]> bytes_;
    size_t size_ = 0;
    std::vector<Run> runs_;
};

// Code::corrupt names file and offset.
env::Task<Result<BufferRef>> read_block(env::Disk& disk, std::string path, BlockEntry entry);

}  // namespace fors::journal
