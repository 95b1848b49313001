// SPDX-License-Identifier: Apache-2.0
// journal: the embedded engine behind log::Log: group commit into prewritten segments, sorted
// chunks in the background.
//
// What is appended while the disk is busy becomes one batch: one write, one sync, then all waiters
// go on; two batches at most are under way at once. The batch's memory serves readers at the tip.
// When batches in memory reach a size they are sorted into a chunk file; their segments are then
// used again. docs/journal_format.md and docs/chunk_format.md describe every byte.
//
// The home thread owns the index, the batch being built and the segments (segment_writer.h); the
// log threads write batches, one each; chunks are written on the background executor and blocks
// read on the reading one, so that neither stands in the way of commits.
#pragma once

#include <array>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "env/env.h"
#include "journal/batch_memory.h"
#include "journal/chunk.h"
#include "journal/segment_writer.h"
#include "journal/shard_index.h"
#include "log/log.h"

namespace fors::journal {

struct Parts {
    env::Clock& clock;
    env::Disk& disk;
    env::Executor& home;
    std::array<env::Executor*, 2> log;  // two threads: one for each batch that is under way
    env::Executor& background;
    env::Executor& reads;
    env::Random& random;
};

struct Options {
    size_t cache_bytes = 256 << 20;     // batches in memory and blocks read back, together
    size_t batch_bytes_max = 32 << 20;  // what may wait for the disk
    SegmentLimits segments;
    // Batches in memory of this size or age (and then at least chunk_bytes_min) become a chunk. The
    // more bytes, the larger the blocks of one shard among many: 96 KiB among 1,000 by default.
    size_t chunk_bytes = 0;  // 0: three eighths of the cache
    size_t chunk_bytes_min = 1 << 20;
    std::chrono::seconds chunk_age{3600};
    // Trims are gathered this long before disk space is given back.
    std::chrono::milliseconds trim_delay{1000};
    // The files stay as they were found until begin_upkeep(): a start that its owner refuses can be
    // repeated, and finds the same.
    bool untouched_at_first = false;
    // Told of damage found and of failures of the disk, in words; on the home thread.
    std::function<void(const std::string&)> report = [](const std::string&) {};
};

struct Figures {
    uint64_t batches = 0;
    uint64_t records = 0;
    uint64_t batch_bytes = 0;
    uint64_t failures = 0;
    uint64_t sync_ns_total = 0;
    std::array<uint64_t, 24> sync_us_log2{};  // syncs of under 2^n microseconds
    uint64_t tail_bytes = 0;
    uint64_t block_cache_bytes = 0;
    uint64_t chunks = 0;
    uint64_t chunk_bytes = 0;
    uint64_t damages = 0;
    uint64_t read_failures = 0;
    uint64_t torn_batches = 0;  // last ones that were not whole at the start
    std::string trouble;        // why the last write failed; empty when it did not
};

struct FoundSegment;  // replay.cc

// What a backup is made of (backup.h).
struct Moment {
    std::vector<uint64_t> chunks;
    std::vector<BufferRef> batches;  // those that are in none of them
    std::vector<ShardEntry> shards;
    uint64_t last_batch = 0;
};

class Journal final : public log::Log {
public:
    // Locks the directory, recovers what lies there and is ready. On the home executor.
    static env::Task<Result<std::unique_ptr<Journal>>> open(Parts parts, Options options);
    ~Journal() override;

    env::Task<Result<>> append(std::span<log::Append> entries) override;
    env::Task<Result<log::Batch>> read(log::ShardId shard, log::Sequence from,
                                       log::ReadLimits limits) override;
    env::Task<Result<log::Sequence>> find(log::ShardId shard, int64_t arrival_ms) override;
    log::Bounds bounds(log::ShardId shard) const override;
    void trim(log::ShardId shard, log::Sequence before) override;
    std::vector<log::ShardId> shards() const override;
    bool whole(log::ShardId shard) const override;
    void notify(log::ShardId shard, log::Sequence from, env::Callback callback) override;

    // Batches are moved into chunks, and disk space is given back, from now on.
    void begin_upkeep();

    const Figures& figures() const { return figures_; }
    // Resolves when no batch is with the disk and none waits. For an orderly stop.
    env::Task<void> drain();

    // For those who read the files beside the serving (inventory.cc).
    std::vector<uint64_t> chunk_numbers() const;
    bool has_chunk(uint64_t number) const { return chunks_.contains(number); }
    uint64_t chunked_through() const { return chunked_through_; }
    // Whether somebody may still want to read the block.
    bool wants(const BlockEntry& block) const;
    // The segments whose batches aren't all in chunks.
    std::vector<SegmentWriter::Held> segments() const;
    // All that is durable and not trimmed at this moment. Until let_go() no file of it is removed
    // or changed; false: the disk was in trouble meanwhile, and the hold was given up. One at a
    // time: Code::in_use.
    Result<Moment> hold();
    bool let_go();

private:
    Journal(Parts parts, Options options);
    using Waiter = env::Completion<Result<>>;
    struct Group {  // a batch and those who wait for it
        BufferRef batch;
        std::vector<Waiter*> waiters;
    };
    struct UnderWay : Group {
        uint64_t offset = 0;              // in its segment; 0: not written yet
        std::optional<Result<>> outcome;  // of its write, once that has ended
        env::Nanoseconds took{0};
    };
    struct Chunk {
        uint64_t blocks_alive = 0;
        uint64_t bytes = 0;
        std::vector<std::pair<uint64_t, uint64_t>> holes;  // offset, length: to be punched
    };
    struct CachedBlock {
        BufferRef block;
        size_t bytes;
        std::list<std::pair<uint64_t, uint64_t>>::iterator place;
    };
    struct KeyHash {
        size_t operator()(const std::pair<uint64_t, uint64_t>& key) const noexcept {
            return key.first * 0x9E3779B97F4A7C15U ^ key.second;
        }
    };

    // Recovery (recovery.cc).
    env::Task<Result<>> recover();
    void note_torn(const FoundSegment& segment, Bytes bytes, uint64_t at, uint64_t last_batch);
    void damage(const std::string& what);
    void read_failed(const std::string& path, uint64_t offset, const Error& error);
    env::Task<Result<>> recover_chunks();
    env::Task<Result<>> recover_chunk(std::string path, uint64_t number,
                                      std::vector<ShardEntry>& newest);
    void forget_what_is_gone(const std::vector<ShardEntry>& newest);
    void lose(uint64_t last_batch);
    bool end_is_known(const ShardIndex& shard) const;
    // Recovery of the segments (replay.cc).
    env::Task<Result<>> recover_segments();
    env::Task<Result<uint64_t>> drop_headless(std::string path);
    env::Task<Result<uint64_t>> replay_segment(FoundSegment segment, const SegmentHeader* next,
                                               bool newest);
    void replay(std::unique_ptr<Batch> batch, const std::string& path);
    void replay_notes(const Batch& batch);

    // Committing (commit.cc).
    Batch& open_batch() { return static_cast<Batch&>(*open_.batch.get()); }
    void schedule_flush();
    struct Invitation {          // to come into the open batch
        size_t enough;           // waiters
        env::Nanoseconds until;  // by the steady clock
    };
    void gather(size_t had);
    void flush();
    env::Task<void> commit(UnderWay& one);
    void commit_ended();
    void committed(const UnderWay& one);
    env::Task<void> refuse();
    void answer(const UnderWay& one, const Result<>& outcome);
    void end_drain();
    void publish(const BufferRef& batch);
    void wake(ShardIndex& shard);

    // Chunks (chunking.cc).
    void consider_chunk();
    env::Task<void> make_chunk();
    void adopt_chunk(ChunkIndex index);
    void drop_tail(uint64_t last_batch);
    void fail_waiting(const Error& error);
    void chunk_failed(const Error& error);
    env::Task<void> release_segments();
    size_t chunk_bytes() const;
    size_t tail_bytes_max() const { return options_.cache_bytes / 4 * 3; }
    std::vector<ShardEntry> shard_table() const;
    void set_trouble();

    // Trimming (trimming.cc).
    void apply_trim(uint32_t shard, uint64_t before);
    void drop_block(const BlockRef& block);
    struct Work {
        uint64_t chunk;
        bool remove;
        std::vector<std::pair<uint64_t, uint64_t>> holes;
    };
    void schedule_give_back();
    env::Task<void> give_back();
    void want_note(uint32_t shard, uint64_t before);
    env::Task<bool> note_trims();
    std::vector<Work> work_to_give_back(bool noted);
    static env::Task<void> give_back_chunk(env::Disk& disk, Work work);

    // Reading (reading.cc).
    env::Task<Result<BufferRef>> load(log::ShardId shard, BlockRef block);
    void remember(uint64_t chunk, uint64_t offset, const BufferRef& block);

    Parts parts_;
    Options options_;
    std::unique_ptr<env::DirectoryLock> lock_;
    SegmentWriter writer_;
    std::unordered_map<uint32_t, ShardIndex> index_;
    std::vector<ShardIndex*> found_;  // of the entries or runs in hand; kept for its memory
    std::list<BufferRef> tail_;       // batches in memory, oldest first
    Group open_;
    uint64_t next_batch_ = 1;
    size_t last_batch_bytes_ = 0;           // the next one will be alike
    BatchMemory memory_;                    // of the open one and of those before it
    std::list<UnderWay> under_way_;         // sealed and not answered, in their order
    std::vector<env::Executor*> idle_log_;  // those that write none of them
    bool changing_segment_ = false;         // no batch may be begun
    Invitation invitation_{};
    bool flush_scheduled_ = false;
    bool chunking_ = false;
    std::string write_trouble_;  // why the last batch, the last chunk failed
    std::string chunk_trouble_;
    env::Nanoseconds tail_since_{0};  // when the oldest batch in memory came
    bool trimming_ = false;
    bool held_ = false;                   // no space is given back
    bool untouched_ = true;               // until begin_upkeep()
    std::map<uint32_t, uint64_t> trims_;  // not noted yet: what each shard begins with
    std::map<uint64_t, Chunk> chunks_;
    uint64_t chunked_through_ = 0;
    uint64_t indexed_through_ = 0;  // the newest chunk whose footer could be read at the start
    std::vector<std::pair<uint64_t, uint64_t>> lost_chunks_;  // their first and last batches
    uint64_t lost_batch_ = 0;  // the newest batch that recovery could not find; 0: none
    std::unordered_map<std::pair<uint64_t, uint64_t>, CachedBlock, KeyHash> cache_;
    std::list<std::pair<uint64_t, uint64_t>> cache_order_;  // the least recently used last
    std::vector<env::Completion<bool>*> draining_;
    Figures figures_;
};

}  // namespace fors::journal
