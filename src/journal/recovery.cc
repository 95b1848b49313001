// SPDX-License-Identifier: Apache-2.0
// Recovery: chunk footers here, then the batches after the last chunk (replay.cc).
//
// A torn last batch was never acknowledged and is dropped. A bad batch before a good one, or a bad
// chunk, is damage: it is reported with file and offset, and the rest stays readable.
#include <algorithm>

#include "base/planted.h"
#include "journal/chunk.h"
#include "journal/file_number.h"
#include "journal/journal.h"

namespace fors::journal {

namespace {

constexpr uint64_t sequences_skipped = uint64_t{1} << 32;

}  // namespace

void Journal::damage(const std::string& what) {
    ++figures_.damages;
    options_.report("damaged data: " + what);
}

// The disk did not give the bytes; they may well be right.
void Journal::read_failed(const std::string& path, uint64_t offset, const Error& error) {
    ++figures_.read_failures;
    options_.report(path + " at offset " + std::to_string(offset) +
                    " can't be read: " + error.message);
}

env::Task<Result<>> Journal::recover() {
    for (std::string_view directory : {segment_directory, chunk_directory}) {
        auto made = co_await parts_.disk.make_directory(std::string(directory));
        if (!made) co_return made;
    }
    // What a killed process created or renamed is relied on from here on.
    for (std::string_view directory : {std::string_view(), segment_directory, chunk_directory}) {
        if (directory.empty() && planted(Bug::directory_not_synced)) continue;
        auto synced = co_await parts_.disk.sync_directory(std::string(directory));
        if (!synced) co_return synced;
    }
    auto chunks = co_await recover_chunks();
    if (!chunks) co_return chunks;
    auto segments = co_await recover_segments();
    if (!segments) co_return segments;
    // A sequence that was given to a record which is lost is never given again: who has seen that
    // record would take the new one for it.
    for (auto& [id, shard] : index_) {
        if (!end_is_known(shard)) shard.next += sequences_skipped;
        shard.assigned = shard.next;
    }
    co_return {};
}

void Journal::lose(uint64_t last_batch) { lost_batch_ = std::max(lost_batch_, last_batch); }

// Something newer than what was lost says where the shard ends.
bool Journal::end_is_known(const ShardIndex& shard) const {
    const uint64_t last =
        shard.tail.empty() ? 0 : static_cast<const Batch&>(*shard.tail.back().batch.get()).number();
    return std::max(last, indexed_through_) >= lost_batch_;
}

bool Journal::whole(log::ShardId id) const {
    if (lost_batch_ == 0) return true;
    const auto at = index_.find(id.value);
    if (at == index_.end() || !end_is_known(at->second)) return false;
    uint64_t reached = at->second.first;
    const auto joins = [&reached](uint64_t first, uint64_t next) {
        const bool gap = first > reached;
        reached = std::max(reached, next);
        return !gap;
    };
    for (const BlockRef& block : at->second.blocks)
        if (!joins(block.entry.first_sequence, block.entry.next_sequence)) return false;
    for (const TailRun& run : at->second.tail)
        if (!joins(run.entry.first_sequence, run.next_sequence())) return false;
    return joins(at->second.next, at->second.next);
}

env::Task<Result<>> Journal::recover_chunks() {
    auto names = co_await parts_.disk.list(std::string(chunk_directory));
    if (!names) co_return std::unexpected(std::move(names.error()));
    std::vector<ShardEntry> newest;
    for (const std::string& name : *names) {
        std::string path = std::string(chunk_directory) + "/" + name;
        if (name.ends_with(".tmp")) {  // was being written when the process died
            (void)co_await parts_.disk.remove(path);
            continue;
        }
        const auto number = file_number(name, ".chunk");
        if (!number) continue;
        auto recovered = co_await recover_chunk(std::move(path), *number, newest);
        if (!recovered) co_return recovered;
    }
    forget_what_is_gone(newest);
    next_batch_ = chunked_through_ + 1;
    co_return {};
}

env::Task<Result<>> Journal::recover_chunk(std::string path, uint64_t number,
                                           std::vector<ShardEntry>& newest) {
    auto index = co_await read_chunk_index(parts_.disk, path);
    if (!index) co_return std::unexpected(std::move(index.error()));
    for (const Finding& each : index->findings) {
        if (each.unread) {
            ++figures_.read_failures;
            options_.report(text_of(each));
        } else {
            damage(text_of(each));
        }
    }
    if (index->lost) {
        lose(number);
        lost_chunks_.emplace_back(chunked_through_ + 1, number);
        chunked_through_ = std::max(chunked_through_, number);
        co_return {};
    }
    indexed_through_ = number;
    for (const ShardEntry& entry : index->shards) {
        ShardIndex& shard = index_[entry.shard];
        shard.first = std::max(shard.first, entry.first);
        shard.next = std::max(shard.next, entry.next);
        shard.last_arrival_ms = std::max(shard.last_arrival_ms, entry.last_arrival_ms);
    }
    newest = index->shards;
    adopt_chunk(std::move(*index));
    co_return {};
}

// What the newest chunk no longer lists was deleted; what it lists was trimmed up to its first.
void Journal::forget_what_is_gone(const std::vector<ShardEntry>& newest) {
    std::vector<uint32_t> gone;
    for (const auto& [id, shard] : index_)
        if (!std::ranges::binary_search(newest, id, {}, &ShardEntry::shard)) gone.push_back(id);
    for (uint32_t id : gone) apply_trim(id, ~uint64_t{0});
    for (const ShardEntry& entry : newest) apply_trim(entry.shard, entry.first);
}

}  // namespace fors::journal
