// SPDX-License-Identifier: Apache-2.0
// ShardList: the shards of a stream in the order of their indexes, with gaps where some are
// forgotten. An index is given once: the newest shard is open and never forgotten, so the next one
// follows on it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "base/hash_key.h"
#include "log/log.h"

namespace fors::streams {

struct Shard {
    uint32_t index = 0;  // within its stream: shardId-000000000042
    log::ShardId log_id;
    HashKey first_hash, last_hash;  // both inclusive
    int64_t created_s = 0;          // part of its sequence numbers
    int64_t opened_ms = 0;
    std::optional<int64_t> closed_ms;
    std::optional<uint32_t> parent, adjacent_parent;  // which may be forgotten
};

class ShardList {
public:
    uint32_t next_index() const { return next_; }

    // Its index is next_index(), or above when a list with gaps is made again. The reference stays
    // valid until the next shard is added or forgotten.
    Shard& add(const Shard& shard) {
        FORS_ASSERT(shard.index >= next_);
        next_ = shard.index + 1;
        return list_.emplace_back(shard);
    }

    // Null when the index was never given, or its shard is forgotten.
    const Shard* find(uint64_t index) const {
        const auto rest = from(index);
        return !rest.empty() && rest.front().index == index ? &rest.front() : nullptr;
    }
    // Of a shard that is there.
    const Shard& operator[](uint32_t index) const {
        const auto rest = from(index);
        FORS_ASSERT(!rest.empty() && rest.front().index == index);
        return rest.front();
    }
    Shard& operator[](uint32_t index) { return const_cast<Shard&>(std::as_const(*this)[index]); }

    // The shards with that index and above. With no gap behind it, a shard is as far from the end
    // as its index is from the next.
    std::span<const Shard> from(uint64_t index) const {
        if (index >= next_) return {};
        const size_t behind = next_ - index;
        if (behind <= list_.size() && list_[list_.size() - behind].index == index)
            return std::span(list_).last(behind);
        const auto at = std::ranges::lower_bound(list_, index, {}, &Shard::index);
        return std::span(at, list_.end());
    }

    void forget_if(auto gone) { std::erase_if(list_, gone); }

    size_t size() const { return list_.size(); }
    auto begin() const { return list_.begin(); }
    auto end() const { return list_.end(); }

private:
    std::vector<Shard> list_;
    uint32_t next_ = 0;
};

}  // namespace fors::streams
