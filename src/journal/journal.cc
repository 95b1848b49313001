// SPDX-License-Identifier: Apache-2.0
// Opening and the plain questions.
#include "journal/journal.h"

#include <algorithm>

namespace fors::journal {

env::Task<Result<std::unique_ptr<Journal>>> Journal::open(Parts parts, Options options) {
    auto lock = parts.disk.lock();
    if (!lock) co_return std::unexpected(std::move(lock.error()));
    std::unique_ptr<Journal> journal(new Journal(parts, std::move(options)));
    journal->lock_ = std::move(*lock);
    auto recovered = co_await journal->recover();
    if (!recovered) co_return std::unexpected(std::move(recovered.error()));
    if (!journal->options_.untouched_at_first) journal->begin_upkeep();
    co_return journal;
}

void Journal::begin_upkeep() {
    untouched_ = false;
    // Segments whose batches are all in chunks; the process died before they were given back.
    env::spawn(release_segments());
    schedule_give_back();
    consider_chunk();
}

Journal::Journal(Parts parts, Options options)
    : parts_(parts),
      options_(std::move(options)),
      writer_(parts.disk, parts.home, *parts.log.front(), parts.background, options_.segments),
      idle_log_(parts.log.rbegin(), parts.log.rend()) {}

Journal::~Journal() = default;

log::Bounds Journal::bounds(log::ShardId shard) const {
    const auto at = index_.find(shard.value);
    if (at == index_.end()) return {};
    const ShardIndex& state = at->second;
    return {.first = {state.first}, .next = {state.next}, .last_arrival_ms = state.last_arrival_ms};
}

std::vector<log::ShardId> Journal::shards() const {
    std::vector<log::ShardId> ids;
    for (const auto& [id, shard] : index_)
        if (shard.next > 0) ids.push_back({id});
    std::ranges::sort(ids);
    return ids;
}

}  // namespace fors::journal
