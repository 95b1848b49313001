// SPDX-License-Identifier: Apache-2.0
// Recovery: chunk footers, then the batches after the last chunk, up to the first that does not
// fit.
//
// A torn last batch was never acknowledged and is dropped. A bad batch before a good one, or a bad
// chunk, is damage: it is reported with file and offset, and the rest stays readable.
#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "journal/chunk.h"
#include "journal/journal.h"

namespace fors::journal {

namespace {

struct FoundSegment {
    std::string path;
    SegmentHeader header;
};

bool valid(const SegmentHeader& header) {
    return header.magic == segment_magic && header.version == format_version &&
           crc32c(std::as_bytes(std::span(&header, 1)).subspan(8)) == header.crc32c;
}

// 0123456789abcdef.segment: the number; nothing for other names.
std::optional<uint64_t> number_of(const std::string& name, std::string_view suffix) {
    if (name.size() != 16 + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    uint64_t number = 0;
    for (char c : name.substr(0, 16)) {
        const size_t digit = std::string_view("0123456789abcdef").find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        number = number << 4 | digit;
    }
    return number;
}

}  // namespace

void Journal::damage(const std::string& what) {
    ++figures_.damages;
    options_.report("damaged data: " + what);
}

env::Task<Result<>> Journal::recover() {
    for (std::string_view directory : {segment_directory, chunk_directory}) {
        auto made = co_await parts_.disk.make_directory(std::string(directory));
        if (!made) co_return made;
    }
    auto rooted = co_await parts_.disk.sync_directory("");
    if (!rooted) co_return rooted;
    auto chunks = co_await recover_chunks();
    if (!chunks) co_return chunks;
    auto segments = co_await recover_segments();
    if (!segments) co_return segments;
    for (auto& [id, shard] : index_) shard.assigned = shard.next;
    co_return {};
}

env::Task<Result<>> Journal::recover_chunks() {
    auto names = co_await parts_.disk.list(std::string(chunk_directory));
    if (!names) co_return std::unexpected(std::move(names.error()));
    std::vector<ShardEntry> newest;
    for (const std::string& name : *names) {
        const std::string path = std::string(chunk_directory) + "/" + name;
        if (name.ends_with(".tmp")) {  // was being written when the process died
            (void)co_await parts_.disk.remove(path);
            continue;
        }
        const auto number = number_of(name, ".chunk");
        if (!number) continue;
        auto index = co_await read_chunk_index(parts_.disk, path);
        if (!index && index.error().code == Code::corrupt) {
            damage(index.error().message);
            chunked_through_ = std::max(chunked_through_, *number);
            continue;
        }
        if (!index) co_return std::unexpected(std::move(index.error()));
        auto file = co_await parts_.disk.open(path, env::OpenMode::write);
        if (!file) co_return std::unexpected(std::move(file.error()));
        for (const ShardEntry& entry : index->shards) {
            ShardIndex& shard = index_[entry.shard];
            shard.first = std::max(shard.first, entry.first);
            shard.next = std::max(shard.next, entry.next);
            shard.last_arrival_ms = std::max(shard.last_arrival_ms, entry.last_arrival_ms);
        }
        newest = index->shards;
        adopt_chunk(std::move(*index), std::move(*file));
    }
    // What the newest chunk no longer lists was deleted; what it lists was trimmed up to its first.
    std::vector<uint32_t> gone;
    for (const auto& [id, shard] : index_)
        if (!std::ranges::binary_search(newest, id, {}, &ShardEntry::shard)) gone.push_back(id);
    for (uint32_t id : gone) apply_trim(id, ~uint64_t{0});
    for (const ShardEntry& entry : newest) apply_trim(entry.shard, entry.first);
    next_batch_ = chunked_through_ + 1;
    co_return {};
}

env::Task<Result<>> Journal::recover_segments() {
    auto names = co_await parts_.disk.list(std::string(segment_directory));
    if (!names) co_return std::unexpected(std::move(names.error()));
    std::vector<FoundSegment> found;
    uint64_t next_file = 0;
    for (const std::string& name : *names) {
        const auto number = number_of(name, ".segment");
        if (!number) continue;
        next_file = std::max(next_file, *number + 1);
        FoundSegment segment{.path = std::string(segment_directory) + "/" + name, .header = {}};
        auto file = co_await parts_.disk.open(segment.path, env::OpenMode::read);
        if (!file) co_return std::unexpected(std::move(file.error()));
        auto got = co_await (*file)->read(0, std::as_writable_bytes(std::span(&segment.header, 1)));
        if (!got) co_return std::unexpected(std::move(got.error()));
        if (*got == sizeof(SegmentHeader) && valid(segment.header))
            found.push_back(std::move(segment));
        else  // prepared and never used, or made by a write that failed
            (void)co_await parts_.disk.remove(segment.path);
    }
    std::ranges::sort(found, {}, [](const FoundSegment& s) { return s.header.generation; });
    uint64_t generation = 0;
    for (size_t at = 0; at < found.size(); ++at) {
        generation = found[at].header.generation;
        const bool last = at + 1 == found.size();
        const uint64_t void_from = last ? ~uint64_t{0} : found[at + 1].header.first_batch;
        auto replayed = co_await replay_segment(found[at].path, generation, void_from, last);
        if (!replayed) co_return std::unexpected(std::move(replayed.error()));
        writer_.add_old(found[at].path, *replayed);
    }
    writer_.start_at(generation, next_file);
    co_return {};
}

// Gives the number of its last batch.
env::Task<Result<uint64_t>> Journal::replay_segment(const std::string& path, uint64_t generation,
                                                    uint64_t void_from, bool last) {
    auto file = co_await parts_.disk.open(path, env::OpenMode::read);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto size = co_await (*file)->size();
    if (!size) co_return std::unexpected(std::move(size.error()));
    std::vector<std::byte> bytes(*size);
    auto got = co_await (*file)->read(0, bytes);
    if (!got) co_return std::unexpected(std::move(got.error()));

    uint64_t last_batch = 0;
    uint64_t bad_offset =
        0;  // of a batch that does not fit, while it isn't known whether a good one follows
    for (uint64_t at = block_bytes; at < *got;) {
        const Bytes rest = Bytes(bytes).first(*got).subspan(at);
        const BatchHeader* header = Batch::header_of(rest);
        const bool ours = header && header->generation == generation &&
                          header->number < void_from && header->number > last_batch;
        auto batch = ours ? Batch::parse(rest) : nullptr;
        if (!batch) {
            if (bad_offset == 0) bad_offset = at;
            at += block_bytes;
            continue;
        }
        if (bad_offset != 0)
            damage(path + " at offset " + std::to_string(bad_offset) +
                   ": a batch does not fit its checksum");
        bad_offset = 0;
        at += batch->size();
        last_batch = batch->number();
        if (last_batch <= chunked_through_) continue;
        if (last_batch != next_batch_)
            damage(path + ": batches " + std::to_string(next_batch_) + " to " +
                   std::to_string(last_batch - 1) + " are missing");
        next_batch_ = last_batch + 1;
        const auto runs = batch->runs();
        for (const RunEntry& run : runs) {
            if (run.shard == notes_shard) continue;
            ShardIndex& shard = index_[run.shard];
            shard.last_arrival_ms = std::max(shard.last_arrival_ms, run.last_arrival_ms);
        }
        const BufferRef shared(std::move(batch));
        publish(shared);
        replay_notes(static_cast<const Batch&>(*shared.get()));
    }
    if (!last && void_from != ~uint64_t{0} && next_batch_ < void_from && last_batch + 1 < void_from)
        damage(path + ": batches from " + std::to_string(last_batch + 1) + " to " +
               std::to_string(void_from - 1) + " are missing");
    co_return last_batch;
}

void Journal::replay_notes(const Batch& batch) {
    for (const RunEntry& run : batch.runs()) {
        if (run.shard != notes_shard) continue;
        const Bytes frames = batch.bytes().subspan(run.offset, run.bytes);
        for_each_record(frames, run.count, [&](uint32_t, const log::Record& record) {
            for (size_t at = 0; at + sizeof(TrimNote) <= record.data.size();
                 at += sizeof(TrimNote)) {
                TrimNote note;
                std::memcpy(&note, record.data.data() + at, sizeof(note));
                apply_trim(note.shard, note.first);
            }
            return true;
        });
    }
}

}  // namespace fors::journal
