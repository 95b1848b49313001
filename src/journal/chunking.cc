// SPDX-License-Identifier: Apache-2.0
// Moving batches from memory and journal into chunk files, in the background.
#include <algorithm>

#include "journal/chunk.h"
#include "journal/journal.h"

namespace fors::journal {

void Journal::consider_chunk() {
    if (chunking_ || figures_.tail_bytes < options_.cache_bytes / 4) return;
    chunking_ = true;
    env::spawn(make_chunk());
}

std::vector<ShardEntry> Journal::shard_table() const {
    std::vector<ShardEntry> table;
    table.reserve(index_.size());
    for (const auto& [id, shard] : index_)
        if (id != notes_shard)
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
    const uint64_t last = static_cast<const Batch&>(*batches.back().get()).number();
    auto table = shard_table();
    co_await env::resume_on(parts_.background);
    auto index = co_await write_chunk(parts_.disk, std::move(batches), std::move(table));
    Result<std::unique_ptr<env::File>> file = nullptr;
    if (index) {
        auto opened = co_await parts_.disk.open(chunk_path(last), env::OpenMode::write);
        file = std::move(opened);
    }
    co_await env::resume_on(parts_.home);
    chunking_ = false;
    if (!index || !file) {
        const Error& error = index ? file.error() : index.error();
        if (!chunk_failed_) options_.report("a chunk cannot be written: " + error.message);
        chunk_failed_ = true;
        figures_.trouble = error.message;
        // Tried again after a while, and by the next append: space may have been made meanwhile.
        parts_.home.after(std::chrono::seconds(1), [this] {
            if (open_.batch && figures_.tail_bytes > options_.cache_bytes / 4 * 3)
                fail_waiting({Code::io_failed, figures_.trouble});
            consider_chunk();
        });
        co_return;
    }
    chunk_failed_ = false;
    figures_.trouble.clear();
    adopt_chunk(std::move(*index), std::move(*file));
    flush();  // may have waited for memory
    consider_chunk();
    co_await env::resume_on(parts_.log);
    co_await writer_.release(last);
}

// Readers find the records in the chunk from here on.
void Journal::adopt_chunk(ChunkIndex index, std::unique_ptr<env::File> file) {
    const uint64_t number = index.last_batch;
    const BufferRef shared(
        std::make_unique<ChunkFile>(std::move(file), chunk_path(number), number));
    Chunk chunk{.file = shared, .bytes = index.file_bytes, .holes = {}};
    for (const BlockEntry& entry : index.blocks) {
        const auto at = index_.find(entry.shard);
        if (at == index_.end() || entry.next_sequence <= at->second.first) {
            chunk.holes.emplace_back(entry.offset, entry.bytes);  // trimmed meanwhile
            continue;
        }
        ++chunk.blocks_alive;
        at->second.blocks.push_back({entry, shared});
    }
    chunks_.emplace(number, std::move(chunk));
    figures_.chunks = chunks_.size();
    figures_.chunk_bytes += index.file_bytes;
    chunked_through_ = number;
    drop_tail(number);
}

void Journal::drop_tail(uint64_t last_batch) {
    std::vector<uint32_t> touched;
    while (!tail_.empty()) {
        const auto& batch = static_cast<const Batch&>(*tail_.front().get());
        if (batch.number() > last_batch) break;
        for (const RunEntry& run : batch.runs()) touched.push_back(run.shard);
        figures_.tail_bytes -= batch.size();
        tail_.pop_front();
    }
    std::ranges::sort(touched);
    const auto repeated = std::ranges::unique(touched);
    touched.erase(repeated.begin(), repeated.end());
    for (uint32_t id : touched) {
        const auto at = index_.find(id);
        if (at == index_.end()) continue;
        auto& tail = at->second.tail;
        const auto kept = std::ranges::find_if(tail, [&](const TailRun& run) {
            return static_cast<const Batch&>(*run.batch.get()).number() > last_batch;
        });
        tail.erase(tail.begin(), kept);
        if (tail.empty()) tail.shrink_to_fit();
    }
}

}  // namespace fors::journal
