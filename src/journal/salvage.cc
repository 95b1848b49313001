// SPDX-License-Identifier: Apache-2.0
#include "journal/salvage.h"

#include <algorithm>
#include <limits>
#include <map>
#include <unordered_map>

#include "base/concat.h"
#include "journal/chunk_sink.h"
#include "journal/survey.h"

namespace fors::journal {

namespace {

constexpr uint64_t highest = std::numeric_limits<uint64_t>::max();
// Given away by a shard whose end is in doubt, for all that is known.
constexpr uint64_t sequences_skipped = uint64_t{1} << 32;

std::string shard_text(uint32_t shard) {
    if (shard == log::control_shard.value) return "shard 0 (what is known of streams)";
    if (shard == log::kms_shard.value) return "the shard of KMS (what is known of keys)";
    if (shard == log::metrics_shard.value) return "the shard of metrics";
    return concat("shard ", std::to_string(shard));
}

std::vector<ShardEntry> table_of(const Survey& survey) {
    std::vector<ShardEntry> table;
    for (const auto& [id, shard] : survey.shards) {
        table.push_back(shard);
        if (survey.sequences_in_doubt()) table.back().next += sequences_skipped;
    }
    return table;
}

class Salvage {
public:
    Salvage(env::Disk& from, env::Disk& to, Pace& pace, SalvageOptions options, Survey survey)
        : from_(from),
          pace_(pace),
          survey_(std::move(survey)),
          sink_(to, table_of(survey_), options.chunk_bytes) {
        for (const auto& [id, shard] : survey_.shards) reached_[id] = {.sequence = shard.first};
    }

    env::Task<Result<Salvaged>> run() {
        salvaged_.shards = survey_.shards.size();
        salvaged_.findings = survey_.findings;
        auto done = co_await sink_.open();
        for (size_t at = 0; at < survey_.chunks.size() && done; ++at) done = co_await chunk(at);
        if (done) done = co_await batches(survey_.chunked_through, highest);
        if (done) done = co_await sink_.finish();
        if (!done) co_return std::unexpected(std::move(done.error()));
        for (const auto& [id, shard] : survey_.shards) reach(id, shard.next, highest);
        lose_what_directories_say();
        salvaged_.chunks = sink_.chunks();
        co_return std::move(salvaged_);
    }

private:
    // How far a shard was copied, and with which batch (or chunk, by its last one).
    struct Reached {
        uint64_t sequence = 0;
        uint64_t batch = 0;
    };
    // Where the records between were.
    struct Place {
        std::string file;
        uint64_t offset;
    };

    env::Task<Result<>> chunk(size_t at) {
        const Survey::Chunk& chunk = survey_.chunks[at];
        const uint64_t begin = survey_.chunk_begin(at);
        if (chunk.index.lost) co_return co_await sorted_batches(begin, chunk.number);
        salvaged_.findings.insert(salvaged_.findings.end(), chunk.index.findings.begin(),
                                  chunk.index.findings.end());
        auto window = co_await FileWindow::open(from_, chunk.path, pace_);
        if (!window) co_return std::unexpected(std::move(window.error()));
        for (const BlockEntry& entry : chunk.index.blocks) {
            if (survey_.trimmed(entry)) {
                pace_.skipped(entry.bytes);
                continue;
            }
            if (entry.codec != 0)
                co_return fail(Code::not_implemented,
                               concat(chunk.path, ": codec ", std::to_string(entry.codec),
                                      " is not known to this fors"));
            auto bytes = co_await window->get(entry.offset, entry.bytes);
            if (!bytes) co_return std::unexpected(std::move(bytes.error()));
            auto copied = co_await block(chunk, begin, entry, *bytes);
            if (!copied) co_return copied;
        }
        add_unreadable(chunk.path, window->unreadable(), salvaged_.findings);
        co_return {};
    }

    env::Task<Result<>> block(const Survey::Chunk& chunk, uint64_t begin, BlockEntry entry,
                              Bytes bytes) {
        std::unique_ptr<Block> block;
        if (bytes.size() == entry.bytes) {
            auto copy = std::make_unique_for_overwrite<std::byte[]>(bytes.size());
            std::ranges::copy(bytes, copy.get());
            block = Block::parse(std::move(copy), bytes.size(), entry.crc32c);
        }
        if (block) {
            for (const Block::Run& run : block->runs()) {
                auto added = co_await add(entry.shard, run, 0, highest, chunk.number);
                if (!added) co_return added;
            }
            co_return {};
        }
        salvaged_.findings.push_back(
            {.file = chunk.path,
             .offset = entry.offset,
             .what = concat("the block of shard ", std::to_string(entry.shard),
                            ": its checksum does not fit")});
        reach(entry.shard, entry.first_sequence, chunk.number);
        place_ = Place{chunk.path, entry.offset};
        auto found = co_await replace(entry, begin, chunk.number);
        if (found) reach(entry.shard, entry.next_sequence, chunk.number);
        place_.reset();
        co_return found;
    }

    // What the segments have of a damaged block of a chunk that was made of batches after `begin`
    // up to `end`.
    env::Task<Result<>> replace(BlockEntry entry, uint64_t begin, uint64_t end) {
        for (const Survey::BatchPlace& batch : survey_.batches) {
            if (batch.number <= begin || batch.number > end) continue;
            for (const RunEntry& run : batch.runs) {
                const bool overlaps = run.shard == entry.shard &&
                                      run.first_sequence < entry.next_sequence &&
                                      run.first_sequence + run.count > entry.first_sequence;
                if (!overlaps) continue;
                auto added = co_await add(batch, run, entry.first_sequence, entry.next_sequence);
                if (!added) co_return added;
            }
        }
        co_return {};
    }

    // Instead of a chunk that is lost as a whole.
    env::Task<Result<>> sorted_batches(uint64_t begin, uint64_t end) {
        struct Source {
            const Survey::BatchPlace* batch;
            RunEntry run;
        };
        std::vector<Source> sources;
        for (const Survey::BatchPlace& batch : survey_.batches)
            if (batch.number > begin && batch.number <= end)
                for (const RunEntry& run : batch.runs) sources.push_back({&batch, run});
        std::ranges::sort(sources, {}, [](const Source& source) {
            return std::pair(source.run.shard, source.run.first_sequence);
        });
        for (const Source& source : sources) {
            auto added = co_await add(*source.batch, source.run, 0, highest);
            if (!added) co_return added;
        }
        co_return {};
    }

    env::Task<Result<>> batches(uint64_t begin, uint64_t end) {
        for (const Survey::BatchPlace& batch : survey_.batches) {
            if (batch.number <= begin || batch.number > end) continue;
            for (const RunEntry& run : batch.runs) {
                auto added = co_await add(batch, run, 0, highest);
                if (!added) co_return added;
            }
        }
        co_return {};
    }

    // The survey has held the batch against its checksum.
    env::Task<Result<>> add(const Survey::BatchPlace& batch, RunEntry run, uint64_t from,
                            uint64_t to) {
        if (!reached_.contains(run.shard)) co_return {};
        const std::string& path = survey_.segments[batch.segment];
        if (path != open_path_) {
            auto window = co_await FileWindow::open(from_, path, pace_);
            if (!window) co_return std::unexpected(std::move(window.error()));
            open_.emplace(std::move(*window));
            open_path_ = path;
        }
        auto frames = co_await open_->get(batch.offset + run.offset, run.bytes);
        if (!frames) co_return std::unexpected(std::move(frames.error()));
        co_return co_await add(run.shard, {run.first_sequence, run.count, *frames}, from, to,
                               batch.number);
    }

    // Of the run the sequences from `from` on, before `to`.
    env::Task<Result<>> add(uint32_t id, Block::Run run, uint64_t from, uint64_t to,
                            uint64_t batch) {
        if (!reached_.contains(id)) co_return {};  // trimmed as a whole
        std::vector<log::Append> records;
        for_each_record(run.frames, run.count, [&](uint32_t index, const log::Record& record) {
            const uint64_t sequence = run.first_sequence + index;
            if (sequence >= from && sequence < to)
                records.push_back({.shard = {id},
                                   .key = record.key,
                                   .data = record.data,
                                   .flags = record.flags,
                                   .sequence = {sequence},
                                   .arrival_ms = record.arrival_ms});
            return true;
        });
        for (const log::Append& record : records) {
            if (record.sequence.value < reached_.at(id).sequence) continue;  // trimmed, or twice
            reach(id, record.sequence.value, batch);
            reached_.at(id).sequence = record.sequence.value + 1;
            ++salvaged_.records;
            salvaged_.bytes += record.key.size() + record.data.size();
            auto added = co_await sink_.add(record);
            if (!added) co_return added;
        }
        co_return {};
    }

    // The shard is copied up to `sequence`; what it jumps over is lost where something was.
    void reach(uint32_t id, uint64_t sequence, uint64_t batch) {
        const auto at = reached_.find(id);
        if (at == reached_.end()) return;
        Reached& reached = at->second;
        if (sequence > reached.sequence) {
            if (const auto place = place_between(reached.batch, batch))
                salvaged_.lost.push_back(
                    {id, reached.sequence, sequence, place->file, place->offset});
            else
                salvaged_.findings.push_back(
                    {.kind = Finding::Kind::remark,
                     .what =
                         concat(shard_text(id), ": sequences ", std::to_string(reached.sequence),
                                " to ", std::to_string(sequence - 1),
                                " are in no file (an append that was refused leaves such a "
                                "hole; so does a file that is gone)")});
            reached.sequence = sequence;
        }
        reached.batch = std::max(reached.batch, batch);
    }

    // Behind a shard's last record nothing tells what is missing but the directories of damaged
    // batches, if they can be believed: they can when they join on.
    void lose_what_directories_say() {
        for (const Finding& finding : survey_.findings)
            for (const RunEntry& run : finding.runs) {
                const auto at = reached_.find(run.shard);
                if (finding.last_batch == 0 || at == reached_.end()) continue;
                if (run.first_sequence != at->second.sequence) continue;
                at->second.sequence += run.count;
                salvaged_.lost.push_back({run.shard, run.first_sequence, at->second.sequence,
                                          finding.file, finding.offset});
            }
    }

    // What was lost with the batches after `begin` up to `end`.
    std::optional<Place> place_between(uint64_t begin, uint64_t end) const {
        if (place_) return place_;
        for (const Finding& finding : survey_.findings)
            if (finding.last_batch > begin && finding.first_batch <= end && finding.last_batch > 0)
                return Place{finding.file, finding.offset};
        return std::nullopt;
    }

    env::Disk& from_;
    Pace& pace_;
    Survey survey_;
    ChunkSink sink_;
    std::unordered_map<uint32_t, Reached> reached_;
    std::optional<Place> place_;
    std::string open_path_;
    std::optional<FileWindow> open_;  // of the segment that was read last
    Salvaged salvaged_;
};

}  // namespace

std::string text_of(const Lost& lost) {
    std::string text = concat(shard_text(lost.shard), ", sequences ", std::to_string(lost.first),
                              " to ", std::to_string(lost.next - 1));
    if (!lost.file.empty())
        text += concat(" (", lost.file, " at offset ", std::to_string(lost.offset), ")");
    return text;
}

uint64_t Salvaged::records_lost() const {
    uint64_t sum = 0;
    for (const Lost& each : lost) sum += each.next - each.first;
    return sum;
}

std::vector<std::string> Salvaged::warnings() const {
    std::vector<std::string> all;
    const auto touches = [&](log::ShardId shard) {
        return std::ranges::find(lost, shard.value, &Lost::shard) != lost.end();
    };
    const bool blind = std::ranges::any_of(
        findings, [](const Finding& finding) { return finding.last_batch > 0; });
    if (touches(log::control_shard) || blind)
        all.emplace_back(
            "commands to streams may be among what is lost: a stream whose making is lost is not "
            "known to a server, which removes its records from the new directory");
    if (touches(log::kms_shard) || blind)
        all.emplace_back(
            "commands to KMS may be among what is lost: what a key encrypted whose making is lost "
            "can't be read");
    return all;
}

env::Task<Result<Salvaged>> salvage(env::Disk& from, env::Disk& to, Pace& pace,
                                    SalvageOptions options) {
    auto surveyed = co_await survey(from, pace);
    if (!surveyed) co_return std::unexpected(std::move(surveyed.error()));
    Salvage salvage(from, to, pace, options, std::move(*surveyed));
    co_return co_await salvage.run();
}

}  // namespace fors::journal
