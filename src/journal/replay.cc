// SPDX-License-Identifier: Apache-2.0
// Recovery of the segments: their batches in the order of generations, as far as they fit.
#include <algorithm>
#include <cstring>

#include "base/planted.h"
#include "journal/file_number.h"
#include "journal/journal.h"
#include "journal/segment_header.h"
#include "journal/version.h"

namespace fors::journal {

struct FoundSegment {
    std::string path;
    SegmentHeader header;
};

namespace {

// The newest intact batch in a segment whose header nobody can read; it may lie where that was.
std::optional<BatchHeader> newest_batch(Bytes bytes) {
    std::optional<BatchHeader> newest;
    for (uint64_t at = 0; at < bytes.size(); at += block_bytes) {
        const auto header = Batch::header_of(bytes.subspan(at));
        if (!header || !Batch::intact(bytes.subspan(at), *header)) continue;
        const auto age = [](const BatchHeader& batch) {
            return std::pair(batch.generation, batch.number);
        };
        if (!newest || age(*newest) < age(*header)) newest = header;
    }
    return newest;
}

env::Task<Result<std::vector<std::byte>>> content_of(env::Disk& disk, std::string path) {
    auto file = co_await disk.open(std::move(path), env::OpenMode::read);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto size = co_await (*file)->size();
    if (!size) co_return std::unexpected(std::move(size.error()));
    std::vector<std::byte> bytes(*size);
    auto got = co_await (*file)->read(0, bytes);
    if (!got) co_return std::unexpected(std::move(got.error()));
    bytes.resize(*got);
    co_return bytes;
}

// The last batches of a segment that may never have been synced.
struct Unsynced {
    uint64_t begin = 0;
    uint64_t newest = 0;  // where the last one begins
    uint64_t end = 0;

    void add(const Batch& batch, uint64_t at) {
        begin = batch.unsynced() > 0 && end > 0 ? newest : at;
        newest = at;
        end = at + batch.size();
    }
    Bytes of(Bytes segment) const { return segment.subspan(begin, end - begin); }
};

// Of the last segment the header and the last batches may never have been synced: a process that
// was killed left them in the system's memory, where they can be read and lost. They are written
// once more, since a sync that failed before makes the next one succeed without a write.
env::Task<Result<>> write_again(env::Disk& disk, std::string path, SegmentHeader header,
                                uint64_t offset, Bytes batches) {
    auto file = co_await disk.open(std::move(path), env::OpenMode::write);
    if (!file) co_return std::unexpected(std::move(file.error()));
    const auto block = header_block(header);
    auto done = co_await (*file)->write(0, block);
    if (done && !batches.empty()) done = co_await (*file)->write(offset, batches);
    if (done) done = co_await (*file)->sync();
    co_return done;
}

SegmentWriter::Held held(const FoundSegment& segment, uint64_t last_batch) {
    return {segment.path, segment.header.generation, segment.header.first_batch, last_batch};
}

// Nothing when neither copy fits, or when the first batch is newer: a header is on the disk before
// the first batch is, unless the disk put it elsewhere.
env::Task<Result<std::optional<SegmentHeader>>> read_header(env::Disk& disk, std::string path) {
    auto file = co_await disk.open(path, env::OpenMode::read);
    if (!file) co_return std::unexpected(std::move(file.error()));
    std::vector<std::byte> block(block_bytes);
    auto got = co_await (*file)->read(0, block);
    if (!got) co_return std::unexpected(std::move(got.error()));
    const auto header = header_of(Bytes(block).first(*got));
    if (!header || header->version != format_version) co_return header;
    // What can't be read here may not be needed: all of it may be in chunks.
    got = co_await (*file)->read(block_bytes, block);
    const auto first = got ? Batch::header_of(Bytes(block).first(*got)) : std::nullopt;
    if (!first || first->generation <= header->generation) co_return header;
    auto bytes = co_await content_of(disk, std::move(path));  // a damaged batch may say so, too
    if (!bytes) co_return std::unexpected(std::move(bytes.error()));
    const auto newest = newest_batch(*bytes);
    if (newest && newest->generation > header->generation) co_return std::nullopt;
    co_return header;
}

// Or what looks like one.
bool batch_at(Bytes bytes, uint64_t at) {
    return at < bytes.size() && Batch::header_of(bytes.subspan(at)).has_value();
}

}  // namespace

env::Task<Result<>> Journal::recover_segments() {
    auto names = co_await parts_.disk.list(std::string(segment_directory));
    if (!names) co_return std::unexpected(std::move(names.error()));
    std::vector<FoundSegment> found;
    std::vector<std::string> headless;
    uint64_t next_file = 0;
    for (const std::string& name : *names) {
        const auto number = file_number(name, ".segment");
        if (!number) continue;
        next_file = std::max(next_file, *number + 1);
        const std::string path = std::string(segment_directory) + "/" + name;
        auto header = co_await read_header(parts_.disk, path);
        if (!header) co_return std::unexpected(std::move(header.error()));
        if (*header && (*header)->version != format_version)
            co_return std::unexpected(unknown_version(path, (*header)->version));
        if (*header)
            found.push_back({.path = path, .header = **header});
        else
            headless.push_back(path);
    }
    // Nothing is changed before it is clear that this program knows all of it.
    uint64_t headless_generation = 0;
    for (const std::string& path : headless) {
        auto dropped = co_await drop_headless(path);
        if (!dropped) co_return std::unexpected(std::move(dropped.error()));
        headless_generation = std::max(headless_generation, *dropped);
    }
    uint64_t generation = headless_generation;
    std::ranges::sort(found, {}, [](const FoundSegment& s) { return s.header.generation; });
    for (size_t at = 0; at < found.size(); ++at) {
        generation = std::max(generation, found[at].header.generation);
        const SegmentHeader* next = at + 1 < found.size() ? &found[at + 1].header : nullptr;
        if (next && next->first_batch <= chunked_through_ + 1) {  // all of it is in chunks
            // Those of a chunk that is lost stay, for salvage.
            const auto has = [&](const auto& chunk) {
                return found[at].header.first_batch <= chunk.second &&
                       chunk.first < next->first_batch;
            };
            if (std::ranges::none_of(lost_chunks_, has))
                writer_.add_old(held(found[at], next->first_batch - 1));
            continue;
        }
        const bool newest = !next && found[at].header.generation > headless_generation;
        auto replayed = co_await replay_segment(found[at], next, newest);
        if (!replayed) co_return std::unexpected(std::move(replayed.error()));
        writer_.add_old(held(found[at], *replayed));
    }
    next_batch_ = std::max(next_batch_, lost_batch_ + 1);  // nor is a number given again
    writer_.start_at(
        {.generation = generation, .file_number = next_file, .salt = parts_.random.next()});
    co_return {};
}

// Prepared and never used, or made by a write that failed: removed. With batches in it, it stays
// for the operator. Gives the generation of those.
env::Task<Result<uint64_t>> Journal::drop_headless(std::string path) {
    auto bytes = co_await content_of(parts_.disk, path);
    if (!bytes) co_return std::unexpected(std::move(bytes.error()));
    const auto newest = newest_batch(*bytes);
    if (!newest) {
        (void)co_await parts_.disk.remove(path);
        co_return uint64_t{0};
    }
    const bool older = header_of(Bytes(*bytes).first(block_bytes)).has_value();
    damage(path + " at offset 0: " + std::string(lost_header_text(older)));
    if (newest->number > chunked_through_) lose(newest->number);
    co_return newest->generation;
}

// Gives the number of its last batch. `next`: the header of the one after it, if there is one;
// `newest`: none was put in use later, nor one that has lost its header.
env::Task<Result<uint64_t>> Journal::replay_segment(FoundSegment segment, const SegmentHeader* next,
                                                    bool newest) {
    auto content = co_await content_of(parts_.disk, segment.path);
    if (!content) co_return std::unexpected(std::move(content.error()));
    const Bytes bytes = *content;
    const uint64_t void_from = next ? next->first_batch : ~uint64_t{0};
    uint64_t last_batch = 0;
    Unsynced unsynced;
    struct Place {
        std::unique_ptr<Batch> batch;
        uint64_t at;
        std::optional<uint64_t> bad;  // where the one before it doesn't fit
    };
    const auto take = [&](Place one) {
        if (one.bad)
            damage(segment.path + " at offset " + std::to_string(*one.bad) +
                   ": a batch does not fit its checksum");
        last_batch = one.batch->number();
        unsynced.add(*one.batch, one.at);
        replay(std::move(one.batch), segment.path);
    };
    std::optional<uint64_t> bad;      // damage when a good batch follows
    std::optional<Place> overtaking;  // but not when a crash may have left the two so
    for (uint64_t at = block_bytes; at < bytes.size();) {
        const Bytes rest = bytes.subspan(at);
        const auto header = Batch::header_of(rest);
        const bool ours = header &&
                          (belongs_to(*header, segment.header) ||
                           planted(Bug::stale_batch_of_recycled_segment)) &&
                          header->number < void_from;
        // Whatever lies behind the two: a third one was begun when the first had been synced.
        if (ours && overtaking) take(*std::exchange(overtaking, std::nullopt));
        auto batch = ours && header->number > last_batch ? Batch::parse(rest) : nullptr;
        if (!batch) {
            if (!bad) bad = at;
            at += block_bytes;
            continue;
        }
        const uint64_t size = batch->size();
        if (planted(Bug::last_batch_not_replayed) && !batch_at(bytes, at + size)) break;
        const uint64_t known =
            std::max({last_batch, segment.header.first_batch - 1, chunked_through_});
        Place one{std::move(batch), at, std::exchange(bad, std::nullopt)};
        if (one.bad && newest && one.batch->overtook(known))
            overtaking = std::move(one);
        else
            take(std::move(one));
        at += size;
        if (planted(Bug::replay_stops_at_a_hole) && at < bytes.size() &&
            !Batch::parse(bytes.subspan(at)))
            break;
    }
    if (!next) {
        if (overtaking) {
            note_torn(segment, bytes, *overtaking->bad, last_batch);
            ++figures_.torn_batches;
            options_.report(segment.path + ": batch " +
                            std::to_string(overtaking->batch->number()) +
                            ", the last one, is whole, but not the one before it, which was "
                            "being written as well: it is dropped");
        } else if (bad && newest) {
            note_torn(segment, bytes, *bad, last_batch);
        }
        auto kept = co_await write_again(parts_.disk, segment.path, segment.header, unsynced.begin,
                                         unsynced.of(bytes));
        if (!kept) co_return std::unexpected(std::move(kept.error()));
        co_return last_batch;
    }
    // All before the next segment's first batch was acknowledged.
    const bool joins = next->generation == segment.header.generation + 1;
    if (next_batch_ < void_from && (joins || last_batch > chunked_through_)) {
        lose(void_from - 1);
        damage(segment.path + (bad ? " at offset " + std::to_string(*bad) : "") + ": batches " +
               std::to_string(next_batch_) + " to " + std::to_string(void_from - 1) +
               " are missing");
        next_batch_ = void_from;
    }
    co_return last_batch;
}

// The last batch that was begun, if it can be told from what a recycled file held before. A write
// that a crash cut short looks so, and was never acknowledged; so does the newest batch with a
// damaged byte, which nothing can tell from it.
void Journal::note_torn(const FoundSegment& segment, Bytes bytes, uint64_t at,
                        uint64_t last_batch) {
    const auto header = Batch::header_of(bytes.subspan(at));
    if (!header || !belongs_to(*header, segment.header) || header->number <= last_batch) return;
    ++figures_.torn_batches;
    options_.report(segment.path + " at offset " + std::to_string(at) + ": batch " +
                    std::to_string(header->number) +
                    " is not whole and is dropped, as one that was being written");
}

void Journal::replay(std::unique_ptr<Batch> batch, const std::string& path) {
    const uint64_t number = batch->number();
    if (number <= chunked_through_) return;
    if (number != next_batch_) lose(number - 1);
    if (number != next_batch_)
        damage(path + ": batches " + std::to_string(next_batch_) + " to " +
               std::to_string(number - 1) + " are missing");
    next_batch_ = number + 1;
    for (const RunEntry& run : batch->runs()) {
        if (run.shard == notes_shard) continue;
        ShardIndex& shard = index_[run.shard];
        shard.last_arrival_ms = std::max(shard.last_arrival_ms, run.last_arrival_ms);
    }
    const BufferRef shared(std::move(batch));
    publish(shared);
    replay_notes(static_cast<const Batch&>(*shared.get()));
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
