// SPDX-License-Identifier: Apache-2.0
// log: durable, ordered shards of records behind a narrow door; engines (journal, later kafka)
// stand behind it.
//
// A shard here is the log's own: a number that its owner (a service, the control log) took and
// never gives to anything else. Sequences rise by at least one within a shard, gaps are allowed (a
// failed append leaves one); wire sequence numbers are composed above. All calls come from one
// thread, the home executor's, and all tasks go on there.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "base/ids.h"
#include "base/result.h"
#include "env/task.h"

namespace fors::log {

using ShardId = Id<struct ShardTag, uint32_t>;
using Sequence = Id<struct SequenceTag>;

// The control logs' own shards: that of the streams below, those of other services from
// `shards_reserved` up; streams' records lie between them. The highest number is the engine's.
inline constexpr ShardId control_shard{0};
inline constexpr ShardId shards_reserved{0xFFFF'FF00};
inline constexpr ShardId kms_shard{0xFFFF'FF00};
inline constexpr ShardId metrics_shard{0xFFFF'FF01};
inline constexpr ShardId engine_shard{0xFFFF'FFFF};
constexpr bool is_reserved(ShardId shard) {
    return shard == control_shard || shard >= shards_reserved;
}

// The largest record: key and data together.
inline constexpr size_t record_bytes_max = size_t{64} << 20;

// One record to append. The engine copies key and data before append() first waits, so that they
// may go away then.
struct Append {
    ShardId shard;
    std::string_view key;
    Bytes data;
    uint16_t flags = 0;  // the owner's business, kept with the record

    // Set by append() before it first waits:
    Sequence sequence{};
    int64_t arrival_ms = 0;  // wall time, never falling within a shard
};

// One record as read; views into the Batch's buffers.
struct Record {
    Sequence sequence;
    int64_t arrival_ms;
    std::string_view key;
    Bytes data;
    uint16_t flags;
};

struct Batch {
    std::vector<Record> records;
    Sequence next;  // where to read on: after the last record given, or `from` moved past trimmed
                    // and missing sequences
    std::vector<BufferRef> buffers;  // keep alive what the records point into
};

struct ReadLimits {
    uint32_t records_max;
    uint32_t bytes_max;  // of key and data; one record is given even when it is larger
};

// What a shard holds: sequences in [first, next); empty when equal.
struct Bounds {
    Sequence first;
    Sequence next;
    int64_t last_arrival_ms = 0;  // of the newest record ever appended, 0 when none
};

class Log {
public:
    virtual ~Log() = default;

    // Resolves when every entry is on stable storage and readable, or with an error when none of
    // them is acknowledged (Code::io_failed: full or failing disk; nothing of it will ever be read;
    // Code::outcome_unknown: a disk that fails at everything; a restart before the next append that
    // succeeds may bring it back; Code::unavailable: queue is full). Entries of many shards share
    // one write and one sync, and so do all appends that wait at the same time. Order within a
    // shard is the order of calls. `entries` must live until the task ends (results are written
    // there at once).
    virtual env::Task<Result<>> append(std::span<Append> entries) = 0;

    // Records from `from` on; an empty batch at the tail, or when `from` lies below the first and
    // nothing is there.
    virtual env::Task<Result<Batch>> read(ShardId shard, Sequence from, ReadLimits limits) = 0;

    // The sequence of the first record whose arrival is at `arrival_ms` or later; the shard's next
    // when there is none.
    virtual env::Task<Result<Sequence>> find(ShardId shard, int64_t arrival_ms) = 0;

    // Durable and readable bounds; an unknown shard is empty at zero.
    virtual Bounds bounds(ShardId shard) const = 0;

    // Records before `before` are gone for readers at once, their disk space within a minute; for
    // ever, except that a crash right after may bring some back. Sequence max: the shard with all
    // its data.
    virtual void trim(ShardId shard, Sequence before) = 0;

    // All shards that hold anything, in order. An owner calls it at start to trim what it no longer
    // knows.
    virtual std::vector<ShardId> shards() const = 0;

    // Whether the shard has all that was ever acknowledged to it and is not trimmed; false when a
    // damaged disk may have lost some of it. What an owner doesn't know because of that it must not
    // trim.
    virtual bool whole(ShardId shard) const = 0;

    // Calls back once when something at or beyond `from` becomes readable (at once when it is
    // already). For tailing without polling.
    virtual void notify(ShardId shard, Sequence from, env::Callback callback) = 0;
};

}  // namespace fors::log
