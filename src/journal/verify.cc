// SPDX-License-Identifier: Apache-2.0
#include "journal/verify.h"

#include <algorithm>

#include "base/concat.h"
#include "base/size_text.h"
#include "journal/chunk_scan.h"

namespace fors::journal {

namespace {

constexpr size_t holes_told_max = 20;

// Sequences that lie in no file. A refused append leaves such a hole, and so does a file that is
// gone: which, nobody can say.
class Holes {
public:
    explicit Holes(const Survey& survey) {
        for (const auto& [id, shard] : survey.shards) reached_[id] = shard.first;
        for (const Survey::Chunk& chunk : survey.chunks)
            for (const BlockEntry& block : chunk.index.blocks)
                reach(block.shard, block.first_sequence, block.next_sequence);
        for (const Survey::BatchPlace& batch : survey.batches) {
            if (batch.number <= survey.chunked_through) continue;
            for (const RunEntry& run : batch.runs)
                reach(run.shard, run.first_sequence, run.first_sequence + run.count);
        }
        for (const auto& [id, shard] : survey.shards) reach(id, shard.next, shard.next);
    }

    std::vector<Finding> take() {
        if (count_ > found_.size())
            found_.push_back({.kind = Finding::Kind::remark,
                              .what = concat("and ", std::to_string(count_ - found_.size()),
                                             " more such holes")});
        return std::move(found_);
    }

private:
    void reach(uint32_t id, uint64_t first, uint64_t next) {
        const auto at = reached_.find(id);
        if (at == reached_.end()) return;  // trimmed away as a whole
        uint64_t& reached = at->second;
        if (first > reached && ++count_ <= holes_told_max)
            found_.push_back(
                {.kind = Finding::Kind::remark,
                 .what = concat("shard ", std::to_string(id), ": sequences ",
                                std::to_string(reached), " to ", std::to_string(first - 1),
                                " are in no file: lost with what is damaged or "
                                "missing, or never written (an append that was "
                                "refused leaves such a hole)")});
        reached = std::max(reached, next);
    }

    std::map<uint32_t, uint64_t> reached_;
    std::vector<Finding> found_;
    size_t count_ = 0;
};

}  // namespace

uint64_t Verified::damages() const {
    return static_cast<uint64_t>(
        std::ranges::count(findings, Finding::Kind::damage, &Finding::kind));
}

std::string Verified::summary() const {
    const std::string trimmed =
        figures.blocks_trimmed > 0
            ? concat(" (", std::to_string(figures.blocks_trimmed), " trimmed)")
            : std::string();
    return concat(count_text(figures.chunks, "chunk"), ", ", count_text(figures.blocks, "block"),
                  trimmed, ", ", count_text(figures.segments, "segment"), ", ",
                  count_text(figures.batches, "batch", "batches"), ", ",
                  count_text(figures.records, "record"), " of ",
                  count_text(figures.shards, "shard"), ", ", size_text(figures.bytes), ": ",
                  damages() == 0 ? "no damage" : count_text(damages(), "damage"), " found");
}

env::Task<Result<Verified>> verify(env::Disk& disk, Pace& pace) {
    auto surveyed = co_await survey(disk, pace);
    if (!surveyed) co_return std::unexpected(std::move(surveyed.error()));
    co_return co_await verify(disk, std::move(*surveyed), pace);
}

env::Task<Result<Verified>> verify(env::Disk& disk, Survey survey, Pace& pace) {
    Verified verified;
    VerifyFigures& figures = verified.figures;
    auto bytes = co_await bytes_of_files(disk);
    if (!bytes) co_return std::unexpected(std::move(bytes.error()));
    figures = {.segments = survey.segments.size(),
               .batches = survey.batches.size(),
               .chunks = survey.chunks.size(),
               .shards = survey.shards.size(),
               .bytes = *bytes};
    const auto add = [&](std::vector<Finding> findings) {
        verified.findings.insert(verified.findings.end(), findings.begin(), findings.end());
    };
    add(survey.findings);
    const auto trimmed = [&survey](const BlockEntry& entry) { return survey.trimmed(entry); };
    for (const Survey::Chunk& chunk : survey.chunks) {
        if (chunk.index.lost) continue;
        auto checked = co_await check_chunk(disk, chunk.path, chunk.index, trimmed, pace);
        if (!checked) co_return std::unexpected(std::move(checked.error()));
        figures.blocks += checked->blocks;
        figures.blocks_trimmed += checked->blocks_trimmed;
        figures.records += checked->records;
        for (auto& [finding, block] : checked->bad_blocks)
            verified.findings.push_back(std::move(finding));
        add(std::move(checked->findings));
    }
    for (const Survey::BatchPlace& batch : survey.batches)
        for (const RunEntry& run : batch.runs)
            if (batch.number > survey.chunked_through && run.shard != notes_shard)
                figures.records += run.count;
    add(Holes(survey).take());
    co_return verified;
}

}  // namespace fors::journal
