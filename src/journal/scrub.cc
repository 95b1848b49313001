// SPDX-License-Identifier: Apache-2.0
#include "journal/scrub.h"

#include <algorithm>
#include <unordered_set>

#include "journal/chunk_scan.h"
#include "journal/segment_scan.h"

namespace fors::journal {

namespace {

// Everything but the reading happens on the home thread.
class Scrub {
public:
    Scrub(Journal& journal, env::Disk& disk, env::Executor& home, env::Executor& apart, Pace& pace)
        : journal_(journal), disk_(disk), home_(home), apart_(apart), pace_(pace) {}

    env::Task<Result<Verified>> run() {
        verified_.figures.shards = journal_.shards().size();
        for (const uint64_t number : journal_.chunk_numbers()) {
            auto done = co_await chunk(number);
            if (!done) co_return std::unexpected(std::move(done.error()));
        }
        const auto segments = journal_.segments();
        for (const SegmentWriter::Held& held : segments) {
            auto done = co_await segment(held);
            if (!done) co_return std::unexpected(std::move(done.error()));
        }
        co_return std::move(verified_);
    }

private:
    void add(std::vector<Finding> findings) {
        verified_.findings.insert(verified_.findings.end(), findings.begin(), findings.end());
    }

    env::Task<Result<>> chunk(uint64_t number) {
        const std::string path = chunk_path(number);
        co_await env::resume_on(apart_);
        auto index = co_await read_chunk_index(disk_, path);
        co_await env::resume_on(home_);
        if (!journal_.has_chunk(number)) co_return {};  // given back meanwhile
        if (!index) co_return std::unexpected(std::move(index.error()));
        if (index->lost) {
            add(index->findings);
            co_return {};
        }
        std::unordered_set<uint64_t> trimmed;  // by offset
        for (const BlockEntry& block : index->blocks)
            if (!journal_.wants(block)) trimmed.insert(block.offset);
        const auto is_trimmed = [&trimmed](const BlockEntry& block) {
            return trimmed.contains(block.offset);
        };
        const uint64_t bytes = index->file_bytes;
        co_await env::resume_on(apart_);
        auto checked = co_await check_chunk(disk_, path, std::move(*index), is_trimmed, pace_);
        co_await env::resume_on(home_);
        if (!journal_.has_chunk(number)) co_return {};
        if (!checked) co_return std::unexpected(std::move(checked.error()));
        for (auto& [finding, block] : checked->bad_blocks)
            if (journal_.wants(block)) verified_.findings.push_back(std::move(finding));
        add(std::move(checked->findings));
        VerifyFigures& figures = verified_.figures;
        ++figures.chunks;
        figures.blocks += checked->blocks;
        figures.blocks_trimmed += checked->blocks_trimmed;
        figures.records += checked->records;
        figures.bytes += bytes;
        co_return {};
    }

    struct Segment {
        std::vector<Finding> findings;
        uint64_t batches = 0;
        uint64_t records = 0;
        uint64_t bytes = 0;
    };

    env::Task<Result<>> segment(SegmentWriter::Held held) {
        co_await env::resume_on(apart_);
        auto looked = co_await look_at(held);
        co_await env::resume_on(home_);
        const auto now = journal_.segments();
        const bool still = std::ranges::any_of(now, [&](const SegmentWriter::Held& each) {
            return each.path == held.path && each.generation == held.generation;
        });
        if (!still) co_return {};  // emptied meanwhile: all of it is in chunks
        if (!looked) co_return std::unexpected(std::move(looked.error()));
        add(std::move(looked->findings));
        VerifyFigures& figures = verified_.figures;
        ++figures.segments;
        figures.batches += looked->batches;
        figures.records += looked->records;
        figures.bytes += looked->bytes;
        co_return {};
    }

    // Up to its last batch; the writer may be at work behind it.
    env::Task<Result<Segment>> look_at(SegmentWriter::Held held) {
        Segment found;
        auto scan = co_await SegmentScan::open(disk_, held.path, pace_);
        if (!scan) co_return std::unexpected(std::move(scan.error()));
        uint64_t due = held.first_batch;
        while (due <= held.last_batch) {
            auto batch = co_await scan->next(held.last_batch + 1);
            if (!batch) co_return std::unexpected(std::move(batch.error()));
            const uint64_t number = *batch ? (*batch)->number() : held.last_batch + 1;
            if (scan->unfit() || number != due)
                found.findings.push_back(
                    scan->unfit_finding(*batch ? scan->offset() : scan->end(), due, number));
            due = number + 1;
            if (!*batch) break;
            scan->check_padding(**batch, found.findings);
            ++found.batches;
            if (number > journal_chunked_) {
                for (const RunEntry& run : (*batch)->runs())
                    if (run.shard != notes_shard) found.records += run.count;
            }
        }
        found.bytes = scan->end();
        scan->check_header(found.batches > 0, found.findings);
        for (const Unreadable& place : scan->unreadable())
            if (place.offset < found.bytes) add_unreadable(held.path, {place}, found.findings);
        co_return found;
    }

    Journal& journal_;
    env::Disk& disk_;
    env::Executor& home_;
    env::Executor& apart_;
    Pace& pace_;
    uint64_t journal_chunked_ = journal_.chunked_through();
    Verified verified_;
};

}  // namespace

env::Task<Result<Verified>> scrub(Journal& journal, env::Disk& disk, env::Executor& home,
                                  env::Executor& apart, Pace& pace) {
    Scrub scrub(journal, disk, home, apart, pace);
    co_return co_await scrub.run();
}

}  // namespace fors::journal
