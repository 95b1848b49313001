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
    want_note(shard.value, before.value);
    apply_trim(shard.value, before.value);
    schedule_give_back();
}

void Journal::schedule_give_back() {
    const auto due = [this](const auto& each) {
        if (held_) return false;
        const bool hollow = each.second.blocks_alive == 0 && each.first != chunked_through_;
        return hollow || !each.second.holes.empty();
    };
    if (untouched_ || trimming_ || (trims_.empty() && !std::ranges::any_of(chunks_, due))) return;
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
    const std::pair key{block.chunk, block.entry.offset};
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

void Journal::want_note(uint32_t shard, uint64_t before) {
    uint64_t& first = trims_[shard];
    first = std::max(first, before);
}

// The trims of the last second, as one record, a note a shard.
env::Task<bool> Journal::note_trims() {
    std::vector<TrimNote> notes;
    for (const auto& [shard, first] : std::exchange(trims_, {}))
        notes.push_back({.shard = shard, .reserved = 0, .first = first});
    if (notes.empty()) co_return true;
    log::Append note{.shard = {notes_shard}, .key = {}, .data = std::as_bytes(std::span(notes))};
    auto noted = co_await append(std::span(&note, 1));
    if (!noted)
        for (const TrimNote& each : notes) want_note(each.shard, each.first);
    co_return noted.has_value();
}

namespace {

// Neighbours become one hole: the file system gives back whole pages only.
void join_holes(std::vector<std::pair<uint64_t, uint64_t>>& holes) {
    std::ranges::sort(holes);
    size_t kept = 0;
    for (size_t at = 1; at < holes.size(); ++at) {
        if (holes[kept].first + holes[kept].second == holes[at].first)
            holes[kept].second += holes[at].second;
        else
            holes[++kept] = holes[at];
    }
    if (!holes.empty()) holes.resize(kept + 1);
}

}  // namespace

// Chunks without a living block are to be removed, the others lose the ranges that nobody can read
// any more. Those wait for the note, which a full disk may refuse; but of a file that is gone
// nothing looks damaged, so that removing makes the room that the note needs. (What services fold
// out of their commands is only skipped when it is known that it may be.)
std::vector<Journal::Work> Journal::work_to_give_back(bool noted) {
    const bool may_remove = noted || (!trims_.contains(log::control_shard.value) &&
                                      !trims_.contains(log::kms_shard.value));
    std::vector<Work> work;
    for (auto at = chunks_.begin(); at != chunks_.end();) {
        auto& [number, chunk] = *at;
        // The newest chunk's footer says which shards there are: it stays, emptied.
        const bool remove = chunk.blocks_alive == 0 && number != chunked_through_ && may_remove;
        if (remove || (noted && !chunk.holes.empty())) {
            work.push_back({number, remove, std::exchange(chunk.holes, {})});
            join_holes(work.back().holes);
        }
        if (remove) figures_.chunk_bytes -= chunk.bytes;
        at = remove ? chunks_.erase(at) : std::next(at);
    }
    figures_.chunks = chunks_.size();
    return work;
}

env::Task<void> Journal::give_back() {
    bool noted = co_await note_trims();
    while (noted && !trims_.empty()) noted = co_await note_trims();  // what came meanwhile
    if (!held_) {
        const std::vector<Work> work = work_to_give_back(noted);
        co_await env::resume_on(parts_.background);
        for (const Work& each : work) co_await give_back_chunk(parts_.disk, each);
        co_await env::resume_on(parts_.home);
    }
    trimming_ = false;
    schedule_give_back();
}

// What can't be given back now is found again at the next start.
env::Task<void> Journal::give_back_chunk(env::Disk& disk, Work work) {
    const std::string path = chunk_path(work.chunk);
    if (work.remove) {
        (void)co_await disk.remove(path);
        co_return;
    }
    auto file = co_await disk.open(path, env::OpenMode::write);
    if (!file) co_return;
    for (const auto& [offset, length] : work.holes) (void)co_await (*file)->punch(offset, length);
}

}  // namespace fors::journal
