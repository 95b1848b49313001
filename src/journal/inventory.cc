// SPDX-License-Identifier: Apache-2.0
// What lies on the disk at the moment, for those who read it beside the serving.
#include "journal/journal.h"

namespace fors::journal {

std::vector<uint64_t> Journal::chunk_numbers() const {
    std::vector<uint64_t> numbers;
    numbers.reserve(chunks_.size());
    for (const auto& [number, chunk] : chunks_) numbers.push_back(number);
    return numbers;
}

bool Journal::wants(const BlockEntry& block) const {
    const auto at = index_.find(block.shard);
    return at != index_.end() && block.next_sequence > at->second.first;
}

std::vector<SegmentWriter::Held> Journal::segments() const {
    auto held = writer_.held();
    std::erase_if(held, [this](const SegmentWriter::Held& segment) {
        return segment.last_batch <= chunked_through_;
    });
    return held;
}

Result<Moment> Journal::hold() {
    if (held_) return fail(Code::in_use, "a backup is being made already");
    held_ = true;
    return Moment{.chunks = chunk_numbers(),
                  .batches = {tail_.begin(), tail_.end()},
                  .shards = shard_table(),
                  .last_batch = tail_.empty()
                                    ? chunked_through_
                                    : static_cast<const Batch&>(*tail_.back().get()).number()};
}

bool Journal::let_go() {
    const bool held = std::exchange(held_, false);
    schedule_give_back();
    return held;
}

}  // namespace fors::journal
