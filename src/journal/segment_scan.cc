// SPDX-License-Identifier: Apache-2.0
#include "journal/segment_scan.h"

#include <algorithm>
#include <cstring>
#include <ranges>
#include <utility>

#include "base/concat.h"
#include "journal/segment_header.h"
#include "journal/version.h"

namespace fors::journal {

namespace {

constexpr size_t runs_told_max = 8;

std::string runs_text(const std::vector<RunEntry>& runs) {
    std::string text;
    for (const RunEntry& run : runs | std::views::take(runs_told_max))
        text += concat(text.empty() ? "" : ", ", "shard ", std::to_string(run.shard), " sequences ",
                       std::to_string(run.first_sequence), " to ",
                       std::to_string(run.first_sequence + run.count - 1));
    if (runs.size() > runs_told_max)
        text += concat(", and ", std::to_string(runs.size() - runs_told_max), " more");
    return text;
}

// A header that was written for this segment, as far as one can tell without its checksum.
bool looks_like_one_of(const SegmentHeader& segment, const BatchHeader& header) {
    return belongs_to(header, segment) ||
           (header.magic == batch_magic &&
            (header.generation == segment.generation || header.salt == segment.salt));
}

}  // namespace

env::Task<Result<SegmentScan>> SegmentScan::open(env::Disk& disk, std::string path, Pace& pace) {
    auto window = co_await FileWindow::open(disk, path, pace);
    if (!window) co_return std::unexpected(std::move(window.error()));
    SegmentScan scan(std::move(*window), std::move(path));
    auto read = co_await scan.read_header();
    if (!read) co_return std::unexpected(std::move(read.error()));
    co_return scan;
}

env::Task<Result<>> SegmentScan::read_header() {
    auto block = co_await window_.get(0, block_bytes);
    if (!block) co_return std::unexpected(std::move(block.error()));
    head_.assign(block->begin(), block->end());
    header_ = header_of(*block);
    if (!header_) co_return co_await find_header();
    if (header_->version != format_version)
        co_return std::unexpected(unknown_version(path_, header_->version));
    auto first = co_await window_.get(block_bytes, sizeof(BatchHeader));
    if (!first) co_return std::unexpected(std::move(first.error()));
    const auto batch = Batch::header_of(*first);
    if (!batch || batch->generation <= header_->generation) co_return {};
    // A header is on the disk before its first batch is, unless the disk put it elsewhere. Or the
    // batch is damaged.
    const SegmentHeader older = *std::exchange(header_, std::nullopt);
    auto found = co_await find_header();
    if (found && (!header_ || header_->generation <= older.generation)) {
        header_ = older;
        headless_ = false;
    }
    co_return found;
}

// Every batch says what its segment's header said.
env::Task<Result<>> SegmentScan::find_header() {
    headless_ = true;
    for (uint64_t at = block_bytes; at < size() && !header_; at += block_bytes) {
        auto head = co_await window_.get(at, sizeof(BatchHeader));
        if (!head) co_return std::unexpected(std::move(head.error()));
        const auto header = Batch::header_of(*head);
        if (!header || batch_bytes(*header) > size() - at) continue;
        auto whole = co_await window_.get(at, batch_bytes(*header));
        if (!whole) co_return std::unexpected(std::move(whole.error()));
        if (!Batch::intact(*whole, *header)) continue;
        header_ = SegmentHeader{.magic = segment_magic,
                                .crc32c = 0,
                                .version = format_version,
                                .reserved = 0,
                                .generation = header->generation,
                                .first_batch = header->number,
                                .salt = header->salt};
    }
    co_return {};
}

env::Task<Result<std::unique_ptr<Batch>>> SegmentScan::next(uint64_t void_from) {
    unfit_.reset();
    unfit_runs_.clear();
    begun_ = false;
    std::optional<uint64_t> unfit;
    while (header_ && at_ < size()) {
        auto head = co_await window_.get(at_, sizeof(BatchHeader));
        if (!head) co_return std::unexpected(std::move(head.error()));
        const auto header = Batch::header_of(*head);
        const bool ours = header && belongs_to(*header, *header_) && header->number < void_from;
        std::unique_ptr<Batch> batch;
        if (ours && header->number > last_number_ && batch_bytes(*header) <= size() - at_) {
            auto whole = co_await window_.get(at_, batch_bytes(*header));
            if (!whole) co_return std::unexpected(std::move(whole.error()));
            batch = Batch::parse(*whole);
        }
        if (!batch) {
            begun_ |= ours;
            if (!unfit) unfit = at_;
            at_ += block_bytes;
            continue;
        }
        unfit_ = unfit;
        if (unfit_) {
            auto noted = co_await note_unfit();
            if (!noted) co_return std::unexpected(std::move(noted.error()));
        }
        offset_ = at_;
        last_number_ = batch->number();
        end_ = at_ += batch->size();
        co_return batch;
    }
    if (!header_ || end_ >= size()) co_return nullptr;
    auto head = co_await window_.get(end_, sizeof(BatchHeader));
    if (!head) co_return std::unexpected(std::move(head.error()));
    BatchHeader header{};
    std::memcpy(&header, head->data(), std::min(head->size(), sizeof(header)));
    if (!looks_like_one_of(*header_, header) || header.number >= void_from) co_return nullptr;
    unfit_ = end_;
    auto noted = co_await note_unfit();
    if (!noted) co_return std::unexpected(std::move(noted.error()));
    co_return nullptr;
}

// A flipped bit in a record leaves the directory as it was, mostly.
env::Task<Result<>> SegmentScan::note_unfit() {
    auto head = co_await window_.get(*unfit_, sizeof(BatchHeader));
    if (!head) co_return std::unexpected(std::move(head.error()));
    const auto header = Batch::header_of(*head);
    if (!header || !looks_like_one_of(*header_, *header) || batch_bytes(*header) > size() - *unfit_)
        co_return {};
    auto whole = co_await window_.get(*unfit_, batch_bytes(*header));
    if (!whole) co_return std::unexpected(std::move(whole.error()));
    if (whole->size() < batch_bytes(*header)) co_return {};
    for (uint32_t at = 0; at < header->run_count; ++at) {
        RunEntry run;
        std::memcpy(&run, whole->data() + header->directory_offset + at * sizeof(run), sizeof(run));
        const bool possible = run.count > 0 && run.count <= run.bytes / sizeof(RecordHead) &&
                              run.offset >= sizeof(BatchHeader) &&
                              uint64_t{run.offset} + run.bytes <= header->directory_offset;
        if (possible && run.shard != notes_shard) unfit_runs_.push_back(run);
    }
    co_return {};
}

Finding SegmentScan::unfit_finding(uint64_t offset, uint64_t due, uint64_t found) const {
    Finding finding{.file = path_, .offset = unfit_.value_or(offset)};
    if (due >= found) {
        finding.what = "what lies here is no batch";
        return finding;
    }
    finding.what = batches_are(due, found - 1) + " damaged";
    finding.runs = unfit_runs_;
    if (!unfit_runs_.empty())
        finding.what += " (its directory says: " + runs_text(unfit_runs_) + ")";
    return finding;
}

void SegmentScan::check_padding(const Batch& batch, std::vector<Finding>& findings) const {
    const auto header = Batch::header_of(batch.bytes());
    const uint64_t used = sizeof(BatchHeader) + header->body_bytes;
    const size_t at = first_not_zero(batch.bytes().subspan(used));
    if (used + at < batch.size())
        findings.push_back({.file = path_,
                            .offset = offset_ + used + at,
                            .what = "not zero, where nothing is ever written"});
}

// Before the first batch, a crash may have come between the copies: each is a header or zeros then.
void SegmentScan::check_header(bool with_batches, std::vector<Finding>& findings) const {
    const Bytes head(head_);
    const auto report = [&](uint64_t offset, std::string what) {
        findings.push_back({.file = path_, .offset = offset, .what = std::move(what)});
    };
    if (headless_) {
        const size_t at = first_not_zero(head);
        if (with_batches || at < head.size())
            report(with_batches ? 0 : at,
                   std::string(lost_header_text(header_of(head).has_value())));
        return;
    }
    const auto good = header_block(*header_);
    for (const uint64_t offset : {uint64_t{0}, segment_copy_offset}) {
        const uint64_t after = offset + sizeof(SegmentHeader);
        const uint64_t end = offset + segment_copy_offset;
        if (head.size() < end) return report(head.size(), "the file ends within its header");
        const Bytes copy = head.subspan(offset, sizeof(SegmentHeader));
        const bool fits = std::ranges::equal(copy, Bytes(good).first(sizeof(SegmentHeader)));
        const bool excused =
            !with_batches && (header_of(copy) || first_not_zero(copy) == copy.size());
        if (!fits && !excused)
            report(offset, offset == 0 ? "the header is damaged (its copy is not)"
                                       : "the header's copy is damaged");
        const size_t at = first_not_zero(head.subspan(after, end - after));
        if (after + at < end) report(after + at, "not zero, where nothing is ever written");
    }
}

}  // namespace fors::journal
