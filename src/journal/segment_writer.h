// SPDX-License-Identifier: Apache-2.0
// SegmentWriter: which prewritten segment file a batch goes to, and where in it.
//
// Overwriting a prewritten file leaves a sync no file-system metadata to carry. The next segment is
// prepared on the background executor when the one in use is half full; emptied segments come back
// and are used again.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/disk.h"
#include "env/executor.h"
#include "journal/batch.h"

namespace fors::journal {

inline constexpr std::string_view segment_directory = "journal";

struct SegmentLimits {
    uint64_t first_bytes = 1 << 20;  // small, so that an empty server starts at once
    uint64_t bytes_max = 64 << 20;
    size_t spares_max = 4;  // emptied ones kept for reuse
};

class SegmentWriter {
public:
    // All of it on the `home` executor; headers and what can't wait are written on the `log` one,
    // what is prepared ahead or removed on `background`. Batches are written by who takes a place
    // for them. What it refers to outlives it.
    SegmentWriter(env::Disk& disk, env::Executor& home, env::Executor& log,
                  env::Executor& background, SegmentLimits limits)
        : disk_(disk), home_(home), log_(log), background_(background), limits_(limits) {}

    // A file and the batches in it that count; none when `last_batch` is below the first.
    struct Held {
        std::string path;
        uint64_t generation;
        uint64_t first_batch;
        uint64_t last_batch;
    };
    // A segment that holds batches of before this start, oldest first; before the first write.
    void add_old(Held segment);
    struct Start {
        uint64_t generation;   // the highest in use
        uint64_t file_number;  // the first free one
        uint64_t salt;         // a number nobody can guess
    };
    void start_at(Start start);

    // Whether the segment in use has room for a batch of that size.
    bool has_room(size_t bytes) const { return current_.file && current_.capacity - end_ >= bytes; }
    // Puts the next segment in use: its header is on the disk before its first batch is. No batch
    // is under way meanwhile.
    env::Task<Result<>> activate(size_t bytes, uint64_t first_batch);

    // Where the next batch goes; there is room for it.
    struct Place {
        env::File* file;  // as long as the batch is under way; the next one's is another
        uint64_t offset;
        uint64_t generation;
        uint64_t salt;
    };
    Place take_place(size_t bytes);
    // Batches up to this number are on the disk.
    void written(uint64_t last_batch) { current_.last_batch = last_batch; }
    // Writing failed at this place: nothing of that batch counts, nor of those behind it, now or
    // after a restart, and no batch is written to that file any more. False: the disk does not take
    // that down, and until it does, a restart may find them. No batch is under way meanwhile.
    env::Task<bool> make_void(uint64_t offset, size_t bytes, uint64_t first_batch);

    // Batches up to this number are in chunks: segments that hold nothing newer are emptied.
    env::Task<void> release(uint64_t last_batch);

    // The segments that were not emptied yet, oldest first.
    std::vector<Held> held() const;

private:
    struct Segment {
        std::string path;
        std::unique_ptr<env::File> file;
        // The same, opened once more: two syncs at once through one may tell only one of them that
        // something was not written.
        std::unique_ptr<env::File> file_too;
        uint64_t capacity = 0;
        uint64_t generation = 0;
        uint64_t first_batch = 0;
        uint64_t last_batch = 0;
        bool reusable = true;
    };

    env::Task<Result<>> put_in_use(uint64_t bytes_needed, uint64_t first_batch);
    env::Task<Result<Segment>> take_segment(uint64_t bytes_needed);
    void rest(const Error& error);
    env::Task<Result<>> write_on_log(env::File& file, uint64_t offset, Bytes bytes);
    env::Task<Result<Segment>> make(env::Executor& on, std::string path, uint64_t capacity);
    env::Task<Result<>> fill(Segment& segment);
    env::Task<void> remove(Segment& segment);
    env::Task<void> prepare(std::string path, uint64_t capacity);
    void prepare_ahead();
    std::string next_path();

    env::Disk& disk_;
    env::Executor& home_;
    env::Executor& log_;
    env::Executor& background_;
    SegmentLimits limits_;
    Segment current_;
    std::optional<Segment> voiding_;  // whose end is being made void
    uint64_t end_ = 0;                // where the next batch goes in the current segment
    bool by_file_too_ = false;        // and through which of its files
    uint64_t generation_ = 0;
    uint64_t salt_seed_ = 0;
    uint64_t salt_ = 0;  // of the current segment
    uint64_t next_file_ = 0;
    uint64_t next_capacity_ = 0;
    std::deque<Segment> old_;  // full ones, oldest first
    std::vector<Segment> spares_;
    bool preparing_ = false;
    std::optional<Error> resting_;  // no segment could be had a moment ago: not tried again yet
};

}  // namespace fors::journal
