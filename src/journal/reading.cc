// SPDX-License-Identifier: Apache-2.0
// Reads: blocks of chunks first, then the batches in memory; near the tip no disk is touched.
#include <algorithm>

#include "journal/chunk.h"
#include "journal/journal.h"

namespace fors::journal {

namespace {

constexpr uint64_t read_ahead_bytes = 8 << 20;

// What a read has gathered, and when it is enough.
struct Gathering {
    log::Batch batch;
    log::ReadLimits limits;
    size_t bytes = 0;
    bool full = false;

    // Takes the records at or after batch.next; stops when the limits are reached.
    void take(uint64_t first_sequence, uint32_t count, Bytes frames, const BufferRef& holder) {
        bool used = false;
        for_each_record(frames, count, [&](uint32_t index, log::Record record) {
            record.sequence = {first_sequence + index};
            if (record.sequence < batch.next) return true;
            const size_t size = record.key.size() + record.data.size();
            const bool over = bytes + size > limits.bytes_max && !batch.records.empty();
            if (over || batch.records.size() >= limits.records_max) {
                full = true;
                return false;
            }
            bytes += size;
            batch.next = {record.sequence.value + 1};
            batch.records.push_back(record);
            used = true;
            return true;
        });
        if (used && (batch.buffers.empty() || !(batch.buffers.back() == holder)))
            batch.buffers.push_back(holder);
    }
};

env::Task<void> announce(env::Disk& disk, Stretch stretch) {
    auto file = co_await disk.open(chunk_path(stretch.chunk), env::OpenMode::read);
    if (file) (*file)->will_read(stretch.offset, stretch.bytes);
}

}  // namespace

env::Task<Result<log::Batch>> Journal::read(log::ShardId id, log::Sequence from,
                                            log::ReadLimits limits) {
    Gathering gathering{.batch = {.next = from}, .limits = limits};
    while (!gathering.full) {
        // Looked up anew after every wait: chunks come, trims happen.
        const auto at = index_.find(id.value);
        if (at == index_.end()) break;
        const ShardIndex& shard = at->second;
        log::Sequence& next = gathering.batch.next;
        next = std::max(next, log::Sequence{shard.first});
        if (next.value >= shard.next) break;
        const size_t block = shard.block_at(next.value);
        if (block < shard.blocks.size()) {
            const BlockRef wanted = shard.blocks[block];
            auto loaded = co_await load(id, wanted);
            if (!loaded) co_return std::unexpected(std::move(loaded.error()));
            if (!*loaded) continue;  // trimmed meanwhile
            for (const Block::Run& run : static_cast<const Block&>(*loaded->get()).runs()) {
                if (gathering.full) break;
                gathering.take(run.first_sequence, run.count, run.frames, *loaded);
            }
            if (!gathering.full) next = std::max(next, log::Sequence{wanted.entry.next_sequence});
            continue;
        }
        for (size_t run = shard.run_at(next.value); run < shard.tail.size() && !gathering.full;
             ++run) {
            const TailRun& tail = shard.tail[run];
            gathering.take(tail.entry.first_sequence, tail.entry.count, tail.frames(), tail.batch);
        }
        if (!gathering.full) next = std::max(next, log::Sequence{shard.next});
        break;
    }
    co_return std::move(gathering.batch);
}

env::Task<Result<log::Sequence>> Journal::find(log::ShardId id, int64_t arrival_ms) {
    const auto at = index_.find(id.value);
    if (at == index_.end()) co_return log::Sequence{0};
    const ShardIndex& shard = at->second;
    const uint64_t first = shard.first;
    const uint64_t next = shard.next;

    // The first record late enough within frames that are known to hold one.
    const auto within = [&](uint64_t first_sequence, uint32_t count, Bytes frames) {
        std::optional<uint64_t> found;
        for_each_record(frames, count, [&](uint32_t index, const log::Record& record) {
            if (record.arrival_ms < arrival_ms) return true;
            found = first_sequence + index;
            return false;
        });
        return found;
    };
    const auto block = std::ranges::lower_bound(
        shard.blocks, arrival_ms, {}, [](const BlockRef& b) { return b.entry.last_arrival_ms; });
    if (block != shard.blocks.end()) {
        if (block->entry.first_arrival_ms >= arrival_ms)
            co_return log::Sequence{std::max(first, block->entry.first_sequence)};
        auto loaded = co_await load(id, *block);
        if (!loaded) co_return std::unexpected(std::move(loaded.error()));
        if (!*loaded) co_return co_await find(id, arrival_ms);  // trimmed meanwhile: anew
        for (const Block::Run& run : static_cast<const Block&>(*loaded->get()).runs())
            if (const auto found = within(run.first_sequence, run.count, run.frames))
                co_return log::Sequence{std::max(first, *found)};
    } else {
        const auto run = std::ranges::lower_bound(
            shard.tail, arrival_ms, {}, [](const TailRun& r) { return r.entry.last_arrival_ms; });
        if (run != shard.tail.end())
            if (const auto found =
                    within(run->entry.first_sequence, run->entry.count, run->frames()))
                co_return log::Sequence{std::max(first, *found)};
    }
    co_return log::Sequence{next};
}

// Null when it was trimmed while it was read.
env::Task<Result<BufferRef>> Journal::load(log::ShardId shard, BlockRef block) {
    const std::pair key{block.chunk, block.entry.offset};
    if (const auto at = cache_.find(key); at != cache_.end()) {
        cache_order_.splice(cache_order_.begin(), cache_order_, at->second.place);
        co_return at->second.block;
    }
    const auto ahead = index_.at(shard.value).ahead_of(block, read_ahead_bytes);
    co_await env::resume_on(parts_.reads);
    for (const Stretch& stretch : ahead) co_await announce(parts_.disk, stretch);
    auto loaded = co_await read_block(parts_.disk, chunk_path(block.chunk), block.entry);
    co_await env::resume_on(parts_.home);
    const auto at = index_.find(shard.value);
    if (at == index_.end() || block.entry.next_sequence <= at->second.first) co_return BufferRef();
    if (loaded)
        remember(key.first, key.second, *loaded);
    else if (loaded.error().code == Code::corrupt)
        damage(loaded.error().message);
    else
        read_failed(chunk_path(block.chunk), block.entry.offset, loaded.error());
    co_return loaded;
}

void Journal::remember(uint64_t chunk, uint64_t offset, const BufferRef& block) {
    const std::pair key{chunk, offset};
    if (cache_.contains(key)) return;  // loaded twice at the same time
    const size_t bytes = static_cast<const Block&>(*block.get()).size();
    cache_order_.push_front(key);
    cache_.emplace(key, CachedBlock{block, bytes, cache_order_.begin()});
    figures_.block_cache_bytes += bytes;
    while (figures_.block_cache_bytes > options_.cache_bytes / 4 && cache_order_.size() > 1) {
        const auto oldest = cache_.find(cache_order_.back());
        figures_.block_cache_bytes -= oldest->second.bytes;
        cache_.erase(oldest);
        cache_order_.pop_back();
    }
}

}  // namespace fors::journal
