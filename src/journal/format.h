// SPDX-License-Identifier: Apache-2.0
// Every structure that lies on disk, as docs/journal_format.md and docs/chunk_format.md describe
// them. Little-endian.
#pragma once

#include <cstdint>
#include <type_traits>

#include "log/log.h"

namespace fors::journal {

// Batches begin at multiples of this, so that a torn write never touches a batch that was
// acknowledged before.
inline constexpr uint64_t block_bytes = 4096;
inline constexpr uint32_t format_version = 1;

inline constexpr uint32_t segment_magic = 0x47455346;  // "FSEG"
inline constexpr uint32_t batch_magic = 0x54414246;    // "FBAT"
inline constexpr uint32_t chunk_magic = 0x4B484346;    // "FCHK"

// At the beginning of a segment file and once more at segment_copy_offset, so that one bad place on
// the disk does not cost the whole segment; the rest of its first 4 KiB is zero. The first batch
// follows at 4096.
inline constexpr uint64_t segment_copy_offset = 2048;
struct SegmentHeader {
    uint32_t magic;
    uint32_t crc32c;  // of every byte after this field
    uint32_t version;
    uint32_t reserved;     // zero
    uint64_t generation;   // rises with every segment put in use; a recycled file's old batches
                           // carry an older one
    uint64_t first_batch;  // batches of older generations with this number or a higher one are void
    uint64_t salt;         // not to be guessed: what a client sends can't pass for a batch
};
static_assert(sizeof(SegmentHeader) == 40 &&
              std::has_unique_object_representations_v<SegmentHeader>);

struct BatchHeader {
    uint32_t magic;
    uint32_t crc32c;      // of every byte after this field, to the end of the directory
    uint64_t generation;  // of the segment it was written to
    uint64_t salt;        // of that segment
    uint64_t number;      // one more than the batch before it
    uint32_t body_bytes;  // of records and directory, after this header
    uint32_t run_count;
    uint32_t directory_offset;  // from the header's first byte
    uint32_t unsynced;          // batches right before it that were not answered yet, at most 1
};
static_assert(sizeof(BatchHeader) == 48 && std::has_unique_object_representations_v<BatchHeader>);

// Consecutive records of one shard within a batch, listed in its directory.
struct RunEntry {
    uint32_t shard;
    uint32_t count;
    uint64_t first_sequence;
    int64_t first_arrival_ms;
    int64_t last_arrival_ms;
    uint32_t offset;  // of its first record, from the batch header's first byte
    uint32_t bytes;   // of its records with their heads
};
static_assert(sizeof(RunEntry) == 40 && std::has_unique_object_representations_v<RunEntry>);

// Before each record; key and data follow, then zeros up to a multiple of 8.
struct RecordHead {
    uint32_t key_bytes;
    uint32_t data_bytes;
    int64_t arrival_ms;
    uint16_t flags;
    uint16_t reserved_a;  // zero: record attributes
    uint32_t reserved_b;  // zero
};
static_assert(sizeof(RecordHead) == 24 && std::has_unique_object_representations_v<RecordHead>);

// The shard under which the journal keeps its own notes: arrays of TrimNote.
inline constexpr uint32_t notes_shard = log::engine_shard.value;
struct TrimNote {
    uint32_t shard;
    uint32_t reserved;  // zero
    uint64_t first;     // records before it are gone; the highest number: the shard is
};
static_assert(sizeof(TrimNote) == 16 && std::has_unique_object_representations_v<TrimNote>);

// A chunk's block holds runs of one shard: before each run this head, then its records as in a
// batch.
struct BlockRunHead {
    uint64_t first_sequence;
    uint32_t count;
    uint32_t bytes;
};
static_assert(sizeof(BlockRunHead) == 16 && std::has_unique_object_representations_v<BlockRunHead>);

// A chunk's footer: blocks in the order of (shard, sequence), then shards; and all of it once more.
struct BlockEntry {
    uint32_t shard;
    uint32_t crc32c;  // of the block's bytes
    uint64_t first_sequence;
    uint64_t next_sequence;
    int64_t first_arrival_ms;
    int64_t last_arrival_ms;
    uint64_t offset;
    uint32_t bytes;
    uint32_t codec;  // 0: stored as is
};
static_assert(sizeof(BlockEntry) == 56 && std::has_unique_object_representations_v<BlockEntry>);

// What is known of every shard when the chunk is written, whether it has blocks here or not. A
// shard that the newest chunk doesn't list is gone.
struct ShardEntry {
    uint32_t shard;
    uint32_t reserved;  // zero
    uint64_t first;
    uint64_t next;
    int64_t last_arrival_ms;
};
static_assert(sizeof(ShardEntry) == 32 && std::has_unique_object_representations_v<ShardEntry>);

// At the very end of a chunk file and in its first bytes; its first block follows at
// chunk_start_bytes, zeros between.
inline constexpr uint64_t chunk_start_bytes = 4096;
struct ChunkTrailer {
    uint64_t last_batch;     // batches up to this number are in chunks
    uint64_t footer_offset;  // of the first BlockEntry; the second copy follows the first
    uint32_t block_count;
    uint32_t shard_count;
    uint32_t footer_crc32c;  // of all BlockEntries and ShardEntries
    uint32_t version;
    uint32_t trailer_crc32c;  // of the fields above
    uint32_t magic;
};
static_assert(sizeof(ChunkTrailer) == 40 && std::has_unique_object_representations_v<ChunkTrailer>);

constexpr uint64_t round_up(uint64_t value, uint64_t unit) {
    return (value + unit - 1) / unit * unit;
}

}  // namespace fors::journal
