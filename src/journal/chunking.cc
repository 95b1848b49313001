// SPDX-License-Identifier: Apache-2.0
// Moving batches from memory and journal into chunk files, in the background.
#include <algorithm>

#include "journal/chunk.h"
#include "journal/journal.h"

namespace fors::journal {

namespace {

constexpr std::chrono::seconds chunk_pause{1};  // after one that failed

}  // namespace

size_t Journal::chunk_bytes() const {
    return options_.chunk_bytes > 0 ? options_.chunk_bytes : options_.cache_bytes / 8 * 3;
}

void Journal::consider_chunk() {
    if (untouched_ || chunking_ || !chunk_trouble_.empty() || tail_.empty()) return;
    const bool large = figures_.tail_bytes >= chunk_bytes();
    const bool old = figures_.tail_bytes >= options_.chunk_bytes_min &&
                     parts_.clock.steady() - tail_since_ >= options_.chunk_age;
    if (!large && !old) return;
    chunking_ = true;
    env::spawn(make_chunk());
}

std::vector<ShardEntry> Journal::shard_table() const {
    std::vector<ShardEntry> table;
    table.reserve(index_.size());
    for (const auto& [id, shard] : index_)
        if (shard.next > 0)
            table.push_back({.shard = id,
                             .reserved = 0,
                             .first = shard.first,
                             .next = shard.next,
                             .last_arrival_ms = shard.last_arrival_ms});
    std::ranges::sort(table, {}, &ShardEntry::shard);
    return table;
}

env::Task<void> Journal::make_chunk() {
    std::vector<BufferRef> batches(tail_.begin(), tail_.end());
    auto table = shard_table();
    co_await env::resume_on(parts_.background);
    auto index = co_await write_chunk(parts_.disk, std::move(batches), std::move(table));
    co_await env::resume_on(parts_.home);
    chunking_ = false;
    if (!index) {
        chunk_failed(index.error());
        co_return;
    }
    chunk_trouble_.clear();
    set_trouble();
    adopt_chunk(std::move(*index));
    flush();  // may have waited for memory
    consider_chunk();
    co_await release_segments();
}

void Journal::chunk_failed(const Error& error) {
    if (chunk_trouble_ != error.message)
        options_.report("a chunk cannot be written: " + error.message);
    chunk_trouble_ = error.message;
    set_trouble();
    if (open_.batch && figures_.tail_bytes > tail_bytes_max())
        fail_waiting({Code::io_failed, chunk_trouble_});
    // Space may have been made by then.
    parts_.home.after(chunk_pause, [this] {
        chunk_trouble_.clear();
        consider_chunk();
    });
}

env::Task<void> Journal::release_segments() { co_await writer_.release(chunked_through_); }

// Readers find the records in the chunk from here on.
void Journal::adopt_chunk(ChunkIndex index) {
    const uint64_t number = index.last_batch;
    Chunk chunk{.bytes = index.file_bytes, .holes = {}};
    for (const BlockEntry& entry : index.blocks) {
        const auto at = index_.find(entry.shard);
        if (at == index_.end() || entry.next_sequence <= at->second.first) {
            chunk.holes.emplace_back(entry.offset, entry.bytes);  // trimmed meanwhile
            continue;
        }
        ++chunk.blocks_alive;
        at->second.blocks.push_back({entry, number});
    }
    chunks_.emplace(number, std::move(chunk));
    figures_.chunks = chunks_.size();
    figures_.chunk_bytes += index.file_bytes;
    chunked_through_ = number;
    drop_tail(number);
    schedule_give_back();
}

void Journal::drop_tail(uint64_t last_batch) {
    if (tail_.empty()) return;  // at a start: there may be many chunks, and many shards
    while (!tail_.empty()) {
        const auto& batch = static_cast<const Batch&>(*tail_.front().get());
        if (batch.number() > last_batch) break;
        figures_.tail_bytes -= batch.size();
        tail_.pop_front();
    }
    tail_since_ = parts_.clock.steady();
    // Of all shards: a batch that has records of many would name each of them again and again.
    for (auto& [id, shard] : index_) {
        auto& tail = shard.tail;
        const auto kept = std::ranges::find_if(tail, [&](const TailRun& run) {
            return static_cast<const Batch&>(*run.batch.get()).number() > last_batch;
        });
        if (kept == tail.begin()) continue;
        tail.erase(tail.begin(), kept);
        if (tail.empty()) tail.shrink_to_fit();
    }
}

}  // namespace fors::journal
