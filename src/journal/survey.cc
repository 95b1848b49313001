// SPDX-License-Identifier: Apache-2.0
// The rules of recovery.cc and replay.cc, and a little more: what is in chunks already is looked
// at, too, and every copy of everything.
#include "journal/survey.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/concat.h"
#include "journal/file_number.h"
#include "journal/segment_scan.h"
#include "journal/segment_writer.h"

namespace fors::journal {

namespace {

constexpr uint64_t highest = std::numeric_limits<uint64_t>::max();

std::vector<TrimNote> notes_of(const Batch& batch) {
    std::vector<TrimNote> notes;
    for (const RunEntry& run : batch.runs()) {
        if (run.shard != notes_shard) continue;
        const Bytes frames = batch.bytes().subspan(run.offset, run.bytes);
        for_each_record(frames, run.count, [&](uint32_t, const log::Record& record) {
            for (size_t at = 0; at + sizeof(TrimNote) <= record.data.size();
                 at += sizeof(TrimNote)) {
                TrimNote note;
                std::memcpy(&note, record.data.data() + at, sizeof(note));
                notes.push_back(note);
            }
            return true;
        });
    }
    return notes;
}

class Surveyor {
public:
    Surveyor(env::Disk& disk, Pace& pace) : disk_(disk), pace_(pace) {}

    env::Task<Result<Survey>> run() {
        auto there = co_await is_data_directory();
        if (!there) co_return std::unexpected(std::move(there.error()));
        auto chunks = co_await look_at_chunks();
        if (!chunks) co_return std::unexpected(std::move(chunks.error()));
        auto opened = co_await open_segments();
        if (!opened) co_return std::unexpected(std::move(opened.error()));
        for (size_t at = 0; at < scans_.size(); ++at) {
            auto looked = co_await look_at_segment(at);
            if (!looked) co_return std::unexpected(std::move(looked.error()));
        }
        // A number that was given twice: the older one is void.
        std::ranges::sort(survey_.batches, {}, [](const auto& batch) {
            return std::pair(batch.number, highest - batch.segment);
        });
        const auto repeated = std::ranges::unique(survey_.batches, {}, &Survey::BatchPlace::number);
        survey_.batches.erase(repeated.begin(), repeated.end());
        look_for_missing_batches();
        look_for_lost_chunks();
        fold_shards();
        co_return std::move(survey_);
    }

private:
    env::Task<Result<>> is_data_directory() {
        auto chunks = co_await names_in(std::string(chunk_directory));
        if (!chunks) co_return std::unexpected(std::move(chunks.error()));
        auto segments = co_await names_in(std::string(segment_directory));
        if (!segments) co_return std::unexpected(std::move(segments.error()));
        if (chunks->empty() && segments->empty())
            co_return fail(Code::not_found,
                           "no data directory of fors: there is nothing in journal/ and chunks/");
        co_return {};
    }

    env::Task<Result<std::vector<std::string>>> names_in(std::string directory) {
        auto names = co_await disk_.list(directory);
        if (!names && names.error().code == Code::not_found) co_return std::vector<std::string>();
        co_return names;
    }

    env::Task<Result<>> look_at_chunks() {
        auto names = co_await names_in(std::string(chunk_directory));
        if (!names) co_return std::unexpected(std::move(names.error()));
        for (const std::string& name : *names) {
            const auto number = file_number(name, ".chunk");
            if (!number) continue;
            std::string path = std::string(chunk_directory) + "/" + name;
            auto index = co_await read_chunk_index(disk_, path);
            if (!index && index.error().code != Code::io_failed)
                co_return std::unexpected(std::move(index.error()));
            if (!index) {  // nor will its blocks be found then
                std::string why = std::move(index.error().message);
                index = ChunkIndex{.lost = true};
                index->findings.push_back({.file = path, .what = std::move(why)});
            }
            // What is wrong with one copy is told when the blocks are checked.
            if (index->lost)
                survey_.findings.insert(survey_.findings.end(), index->findings.begin(),
                                        index->findings.end());
            else
                survey_.indexed_through = *number;
            // Only the newest table counts: those of all chunks may be more than the memory.
            auto table = std::exchange(index->shards, {});
            if (!index->lost) newest_table_ = std::move(table);
            survey_.chunked_through = *number;
            survey_.chunks.push_back({*number, std::move(path), std::move(*index)});
        }
        co_return {};
    }

    env::Task<Result<>> open_segments() {
        auto names = co_await names_in(std::string(segment_directory));
        if (!names) co_return std::unexpected(std::move(names.error()));
        for (const std::string& name : *names) {
            if (!file_number(name, ".segment")) continue;
            std::string path = std::string(segment_directory) + "/" + name;
            auto scan = co_await SegmentScan::open(disk_, std::move(path), pace_);
            if (!scan) co_return std::unexpected(std::move(scan.error()));
            if (scan->header())
                scans_.push_back(std::move(*scan));
            else  // never in use
                scan->check_header(false, survey_.findings);
        }
        std::ranges::sort(scans_, {},
                          [](const SegmentScan& scan) { return scan.header()->generation; });
        for (const SegmentScan& scan : scans_) survey_.segments.push_back(scan.path());
        co_return {};
    }

    env::Task<Result<>> look_at_segment(size_t at) {
        SegmentScan& scan = scans_[at];
        const SegmentHeader& header = *scan.header();
        const SegmentHeader* next = at + 1 < scans_.size() ? &*scans_[at + 1].header() : nullptr;
        const uint64_t void_from = next ? next->first_batch : highest;
        uint64_t due = header.first_batch;
        bool any = false;
        std::optional<Hole> hole;  // before the last batch, as a crash may leave it
        while (true) {
            auto batch = co_await scan.next(void_from);
            if (!batch) co_return std::unexpected(std::move(batch.error()));
            if (!*batch) break;
            any = true;
            report(std::exchange(hole, std::nullopt));
            const uint64_t number = (*batch)->number();
            if (scan.unfit() || number != due)
                hole = Hole{scan.unfit_finding(scan.offset(), due, number), due, number};
            const uint64_t known = std::max(due - 1, survey_.chunked_through);
            if (next || !(*batch)->overtook(known)) report(std::exchange(hole, std::nullopt));
            scan.check_padding(**batch, survey_.findings);
            survey_.batches.push_back({.number = number,
                                       .segment = at,
                                       .offset = scan.offset(),
                                       .runs = (*batch)->runs(),
                                       .notes = notes_of(**batch)});
            due = number + 1;
        }
        // The next segment's header says which batch was this one's last.
        if (next && next->generation == header.generation + 1 && due < next->first_batch)
            report_unfit(scan.unfit_finding(scan.end(), due, next->first_batch), due,
                         next->first_batch);
        // Not when anything was begun behind the two, for which the first must have been synced;
        // nor does a crash leave what can't be read.
        if (hole && (scan.begun() || unreadable_in(scan, hole->finding.offset)))
            report(std::exchange(hole, std::nullopt));
        if (hole) survey_.batches.pop_back();  // it was not acknowledged before the one it overtook
        if (!next && (scan.unfit() || hole))
            survey_.findings.push_back(
                {.kind = Finding::Kind::remark,
                 .file = scan.path(),
                 .offset = hole ? hole->finding.offset : *scan.unfit(),
                 .what = "a last batch that was never finished (torn by a crash before it was "
                         "acknowledged, or damaged since)"});
        scan.check_header(any, survey_.findings);
        add_unreadable(scan.path(), scan.unreadable(), survey_.findings);
        co_return {};
    }

    // Batches `due` to before `found` should lie there.
    struct Hole {
        Finding finding;
        uint64_t due;
        uint64_t found;
    };
    // Of the segment's last batch and what lies before it from `hole` on.
    static bool unreadable_in(const SegmentScan& scan, uint64_t hole) {
        return std::ranges::any_of(scan.unreadable(), [&](const Unreadable& place) {
            return place.offset < scan.offset() && place.offset + place.bytes > hole;
        });
    }
    void report(std::optional<Hole> hole) {
        if (hole) report_unfit(std::move(hole->finding), hole->due, hole->found);
    }

    // What of batches `due` to before `found` nothing else has is lost.
    void report_unfit(Finding finding, uint64_t due, uint64_t found) {
        if (due < found) {
            explained_.emplace_back(due, found - 1);
            if (found - 1 <= survey_.chunked_through) {
                finding.what += "; the records are in chunks";
            } else {
                finding.first_batch = std::max(due, survey_.chunked_through + 1);
                finding.last_batch = found - 1;
            }
        }
        survey_.findings.push_back(std::move(finding));
    }

    // All batches after the chunks must be there, up to what the newest header says.
    void look_for_missing_batches() {
        uint64_t due = survey_.chunked_through + 1;
        for (const auto& batch : survey_.batches) {
            if (batch.number < due) continue;
            report_missing(due, batch.number, survey_.segments[batch.segment], batch.offset);
            due = batch.number + 1;
        }
        for (const SegmentScan& scan : scans_)
            if (!scan.headless() && scan.header()->first_batch > due) {
                report_missing(due, scan.header()->first_batch, scan.path(), 0);
                due = scan.header()->first_batch;
            }
    }

    void report_missing(uint64_t from, uint64_t to, const std::string& file, uint64_t offset) {
        if (from >= to) return;
        const auto covers = [&](const auto& range) {
            return range.first <= from && to - 1 <= range.second;
        };
        if (std::ranges::any_of(explained_, covers)) return;
        survey_.findings.push_back({.file = file,
                                    .offset = offset,
                                    .what = batches_are(from, to - 1) + " missing before this",
                                    .first_batch = from,
                                    .last_batch = to - 1});
    }

    // Segments may still hold the batches of a chunk that can't be read.
    void look_for_lost_chunks() {
        for (size_t at = 0; at < survey_.chunks.size(); ++at) {
            const Survey::Chunk& chunk = survey_.chunks[at];
            if (!chunk.index.lost) continue;
            uint64_t due = survey_.chunk_begin(at) + 1;
            const auto report = [&](uint64_t to) {
                if (due >= to) return;
                survey_.findings.push_back({.file = chunk.path,
                                            .what = batches_are(due, to - 1) + " lost with it",
                                            .first_batch = due,
                                            .last_batch = to - 1});
            };
            for (const auto& batch : survey_.batches) {
                if (batch.number < due || batch.number > chunk.number) continue;
                report(batch.number);
                due = batch.number + 1;
            }
            report(chunk.number + 1);
        }
    }

    void fold_shards() {
        for (const ShardEntry& entry : std::exchange(newest_table_, {}))
            survey_.shards.emplace(entry.shard, entry);
        for (const auto& batch : survey_.batches) {
            if (batch.number <= survey_.indexed_through) continue;
            for (const RunEntry& run : batch.runs) {
                if (run.shard == notes_shard) continue;
                ShardEntry& shard =
                    survey_.shards.try_emplace(run.shard, ShardEntry{.shard = run.shard})
                        .first->second;
                shard.next = std::max(shard.next, run.first_sequence + run.count);
                shard.last_arrival_ms = std::max(shard.last_arrival_ms, run.last_arrival_ms);
            }
            for (const TrimNote& note : batch.notes) trim(note);
        }
    }

    void trim(const TrimNote& note) {
        const auto at = survey_.shards.find(note.shard);
        if (at == survey_.shards.end()) return;
        ShardEntry& shard = at->second;
        if (note.first == highest)
            survey_.shards.erase(at);
        else
            shard.first = std::max(shard.first, std::min(note.first, shard.next));
    }

    env::Disk& disk_;
    Pace& pace_;
    Survey survey_;
    std::vector<SegmentScan> scans_;
    std::vector<ShardEntry> newest_table_;                  // of the newest chunk that can be read
    std::vector<std::pair<uint64_t, uint64_t>> explained_;  // batches, first and last
};

}  // namespace

bool Survey::sequences_in_doubt() const {
    return std::ranges::any_of(
        findings, [&](const Finding& finding) { return finding.last_batch > indexed_through; });
}

env::Task<Result<Survey>> survey(env::Disk& disk, Pace& pace) {
    Surveyor surveyor(disk, pace);
    co_return co_await surveyor.run();
}

env::Task<Result<uint64_t>> bytes_of_files(env::Disk& disk) {
    uint64_t sum = 0;
    for (const std::string& directory :
         {std::string(segment_directory), std::string(chunk_directory)}) {
        auto names = co_await disk.list(directory);
        if (!names && names.error().code == Code::not_found) continue;
        if (!names) co_return std::unexpected(std::move(names.error()));
        for (const std::string& name : *names) {
            if (!file_number(name, ".segment") && !file_number(name, ".chunk")) continue;
            auto file = co_await disk.open(concat(directory, "/", name), env::OpenMode::read);
            if (!file) co_return std::unexpected(std::move(file.error()));
            auto size = co_await (*file)->size();
            if (!size) co_return std::unexpected(std::move(size.error()));
            sum += *size;
        }
    }
    co_return sum;
}

}  // namespace fors::journal
