// SPDX-License-Identifier: Apache-2.0
// Resharding: splits and merges of a stream's shards (reference, section 4.3), as a part of the
// catalog's fold: deterministic, nothing but the stream changes.
//
// A parent is closed and its children are open at one instant, so the open shards tile the hash
// space at every moment. A child's sequence numbers are above all of its parents': its creation
// second, which they begin with, lies behind theirs.
#pragma once

#include "base/result.h"
#include "streams/catalog.h"

namespace fors::streams {

class Resharding {
public:
    // Asked for at `at_ms`, which the children's sequence numbers follow; done at `now_ms`, which
    // is not before any open shard opened. `next_log_shard` gives the new shards their places in
    // the log.
    Resharding(Stream& stream, int64_t at_ms, int64_t now_ms, uint32_t& next_log_shard)
        : stream_(stream), at_ms_(at_ms), now_ms_(now_ms), next_log_shard_(next_log_shard) {}

    // Code::not_found when there is no such shard, Code::invalid_argument when it is closed or the
    // range doesn't allow it, with AWS's texts.
    Result<> split(uint32_t shard, HashKey new_starting);
    Result<> merge(uint32_t shard, uint32_t adjacent);

    // UpdateShardCount: `count` shards of equal width. Shards are cut where the new ones begin,
    // then neighbours within a new one are merged; those in between are closed when they are
    // opened.
    void resize(uint32_t count);

private:
    Result<> check_open(uint32_t shard) const;
    Shard& open_child(HashKey first, HashKey last, int64_t above_s);
    HashKey beginning(uint32_t part, uint32_t count) const;
    void cut(uint32_t shard, HashKey new_starting);
    uint32_t join(uint32_t shard, uint32_t adjacent);

    Stream& stream_;
    int64_t at_ms_;
    int64_t now_ms_;
    uint32_t& next_log_shard_;
};

// The open shards in the order of their ranges.
void sort_open_shards(Stream& stream);

}  // namespace fors::streams
