// SPDX-License-Identifier: Apache-2.0
#include "journal/chunk_scan.h"

#include <algorithm>

#include "base/digest.h"

namespace fors::journal {

namespace {

constexpr uint64_t piece_bytes = 1 << 20;

class Check {
public:
    Check(FileWindow window, std::string path, ChunkIndex index,
          std::function<bool(const BlockEntry&)> trimmed, Pace& pace)
        : window_(std::move(window)),
          path_(std::move(path)),
          index_(std::move(index)),
          trimmed_(std::move(trimmed)),
          pace_(pace) {}

    env::Task<Result<ChunkCheck>> run() {
        check_.findings = index_.findings;
        std::ranges::sort(index_.blocks, {}, &BlockEntry::offset);
        uint64_t at = sizeof(ChunkTrailer);
        for (const BlockEntry& entry : index_.blocks) {
            auto empty = co_await zeros(at, std::max(at, entry.offset));
            if (!empty) co_return std::unexpected(std::move(empty.error()));
            auto checked = co_await block(entry);
            if (!checked) co_return std::unexpected(std::move(checked.error()));
            at = entry.offset + entry.bytes;
        }
        auto ended = co_await footers(at);
        if (!ended) co_return std::unexpected(std::move(ended.error()));
        add_unreadable(path_, window_.unreadable(), check_.findings);
        co_return std::move(check_);
    }

private:
    void damaged(uint64_t offset, std::string what) {
        check_.findings.push_back({.file = path_, .offset = offset, .what = std::move(what)});
    }

    env::Task<Result<>> block(BlockEntry entry) {
        ++check_.blocks;
        if (trimmed_(entry)) {
            ++check_.blocks_trimmed;
            pace_.skipped(entry.bytes);
            co_return {};
        }
        if (entry.codec != 0)
            co_return fail(Code::not_implemented,
                           path_ + " at offset " + std::to_string(entry.offset) + ": codec " +
                               std::to_string(entry.codec) + " is not known to this fors");
        auto bytes = co_await window_.get(entry.offset, entry.bytes);
        if (!bytes) co_return std::unexpected(std::move(bytes.error()));
        if (const auto records = records_of_block(*bytes, entry)) {
            check_.records += *records;
            co_return {};
        }
        const std::string which = "the block of shard " + std::to_string(entry.shard) +
                                  ", sequences " + std::to_string(entry.first_sequence) + " to " +
                                  std::to_string(entry.next_sequence - 1);
        const std::string_view why = bytes->size() < entry.bytes ? ": the file ends within it"
                                                                 : ": its checksum does not fit";
        check_.bad_blocks.emplace_back(
            Finding{.file = path_, .offset = entry.offset, .what = which + std::string(why)},
            entry);
        co_return {};
    }

    env::Task<Result<>> footers(uint64_t at) {
        const uint64_t copy_bytes = index_.footer_bytes;
        auto empty = co_await zeros(at, std::max(at, index_.footer_offset));
        if (!empty) co_return empty;
        // One of them was read to get here; when it was the second, that was said of the first.
        for (uint64_t copy = 0; copy < 2; ++copy) {
            const uint64_t offset = index_.footer_offset + copy * copy_bytes;
            auto bytes = co_await window_.get(offset, copy_bytes);
            if (!bytes) co_return std::unexpected(std::move(bytes.error()));
            const bool fits = bytes->size() == copy_bytes && crc32c(*bytes) == index_.footer_crc32c;
            const bool said = std::ranges::find(index_.findings, offset, &Finding::offset) !=
                              index_.findings.end();
            if (!fits && !said)
                damaged(offset, "the footer's checksum does not fit (its copy's does)");
        }
        auto rest = co_await window_.get(index_.footer_offset + 2 * copy_bytes, 2 * block_bytes);
        if (!rest) co_return std::unexpected(std::move(rest.error()));
        if (rest->size() != sizeof(ChunkTrailer))
            damaged(index_.footer_offset + 2 * copy_bytes,
                    "the file does not end with its trailer");
        co_return {};
    }

    env::Task<Result<>> zeros(uint64_t from, uint64_t to) {
        for (; from < to; from += std::min(piece_bytes, to - from)) {
            auto bytes = co_await window_.get(from, std::min(piece_bytes, to - from));
            if (!bytes) co_return std::unexpected(std::move(bytes.error()));
            const size_t at = first_not_zero(*bytes);
            if (at == bytes->size()) continue;
            damaged(from + at, "not zero, where nothing is ever written");
            break;
        }
        co_return {};
    }

    FileWindow window_;
    std::string path_;
    ChunkIndex index_;
    std::function<bool(const BlockEntry&)> trimmed_;
    Pace& pace_;
    ChunkCheck check_;
};

}  // namespace

std::optional<uint64_t> records_of_block(Bytes bytes, const BlockEntry& entry) {
    if (bytes.size() != entry.bytes) return std::nullopt;
    auto copy = std::make_unique_for_overwrite<std::byte[]>(bytes.size());
    std::ranges::copy(bytes, copy.get());
    const auto block = Block::parse(std::move(copy), bytes.size(), entry.crc32c);
    if (!block) return std::nullopt;
    uint64_t records = 0;
    const auto accept = [](uint32_t, const log::Record&) { return true; };
    for (const Block::Run& run : block->runs()) {
        if (!for_each_record(run.frames, run.count, accept)) return std::nullopt;
        records += run.count;
    }
    return records;
}

env::Task<Result<ChunkCheck>> check_chunk(env::Disk& disk, std::string path, ChunkIndex index,
                                          std::function<bool(const BlockEntry&)> trimmed,
                                          Pace& pace) {
    auto window = co_await FileWindow::open(disk, path, pace);
    if (!window) co_return std::unexpected(std::move(window.error()));
    Check check(std::move(*window), std::move(path), std::move(index), std::move(trimmed), pace);
    co_return co_await check.run();
}

}  // namespace fors::journal
