// SPDX-License-Identifier: Apache-2.0
// Trimming: gone for readers at once; noted in the journal, then given back to the file system, a
// second later.
//
// The note goes first: a block whose bytes were punched out must not look damaged after a crash.
#include <algorithm>
#include <limits>

#include "journal/chunk.h"
#include "journal/journal.h"

namespace fors::journal {

void Journal::trim(log::ShardId shard, log::Sequence before) {
    if (!index_.contains(shard.value)) return;
    trims_.push_back({.shard = shard.value, .reserved = 0, .first = before.value});
    apply_trim(shard.value, before.value);
    if (trimming_) return;
    trimming_ = true;
    parts_.home.after(options_.trim_delay, [this] { env::spawn(give_back()); });
}

void Journal::apply_trim(uint32_t id, uint64_t before) {
    const auto at = index_.find(id);
    if (at == index_.end()) return;
    ShardIndex& shard = at->second;
    const bool whole = before == std::numeric_limits<uint64_t>::max();
    shard.first = std::max(shard.first, std::min(before, shard.next));
    const size_t blocks = whole ? shard.blocks.size() : shard.block_at(shard.first);
    for (size_t block = 0; block < blocks; ++block) drop_block(shard.blocks[block]);
    shard.blocks.erase(shard.blocks.begin(), shard.blocks.begin() + static_cast<ptrdiff_t>(blocks));
    const size_t runs = whole ? shard.tail.size() : shard.run_at(shard.first);
    shard.tail.erase(shard.tail.begin(), shard.tail.begin() + static_cast<ptrdiff_t>(runs));
    if (whole) index_.erase(at);
}

void Journal::drop_block(const BlockRef& block) {
    const std::pair key{block.file().number(), block.entry.offset};
    if (const auto cached = cache_.find(key); cached != cache_.end()) {
        figures_.block_cache_bytes -= cached->second.bytes;
        cache_order_.erase(cached->second.place);
        cache_.erase(cached);
    }
    const auto chunk = chunks_.find(key.first);
    if (chunk == chunks_.end()) return;
    --chunk->second.blocks_alive;
    chunk->second.holes.emplace_back(block.entry.offset, block.entry.bytes);
}

// Chunks without a living block are removed, the others lose the ranges that nobody can read any
// more.
env::Task<void> Journal::give_back() {
    const std::vector<TrimNote> notes = std::exchange(trims_, {});
    log::Append note{.shard = {notes_shard}, .key = {}, .data = std::as_bytes(std::span(notes))};
    auto noted = co_await append(std::span(&note, 1));

    struct Work {
        BufferRef file;
        bool remove;
        std::vector<std::pair<uint64_t, uint64_t>> holes;
    };
    std::vector<Work> work;
    if (noted) {
        std::vector<uint64_t> dead;
        for (auto& [number, chunk] : chunks_) {
            if (chunk.holes.empty() && chunk.blocks_alive > 0) continue;
            // The newest chunk's footer says which shards there are: it stays, emptied.
            const bool remove = chunk.blocks_alive == 0 && number != chunked_through_;
            if (remove) dead.push_back(number);
            work.push_back({chunk.file, remove, std::exchange(chunk.holes, {})});
        }
        for (uint64_t number : dead) {
            figures_.chunk_bytes -= chunks_.at(number).bytes;
            chunks_.erase(number);
        }
        figures_.chunks = chunks_.size();
    }
    co_await env::resume_on(parts_.background);
    for (const Work& each : work) {
        const auto& chunk = static_cast<const ChunkFile&>(*each.file.get());
        if (each.remove) {
            (void)co_await parts_.disk.remove(chunk.path());
            continue;
        }
        for (const auto& [offset, length] : each.holes)
            (void)co_await chunk.file().punch(offset, length);
    }
    co_await env::resume_on(parts_.home);
    trimming_ = false;
    if (!trims_.empty()) {
        trimming_ = true;
        parts_.home.after(options_.trim_delay, [this] { env::spawn(give_back()); });
    }
}

}  // namespace fors::journal
