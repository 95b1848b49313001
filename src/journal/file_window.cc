// SPDX-License-Identifier: Apache-2.0
#include "journal/file_window.h"

#include <algorithm>

#include "journal/format.h"

namespace fors::journal {

namespace {

constexpr uint64_t piece_bytes = 1 << 20;  // read at once, and ahead

}  // namespace

env::Task<Result<FileWindow>> FileWindow::open(env::Disk& disk, std::string path, Pace& pace) {
    auto file = co_await disk.open(std::move(path), env::OpenMode::read_direct);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto size = co_await (*file)->size();
    if (!size) co_return std::unexpected(std::move(size.error()));
    co_return FileWindow(std::move(*file), *size, pace);
}

env::Task<Result<Bytes>> FileWindow::get(uint64_t offset, uint64_t bytes) {
    offset = std::min(offset, size_);
    bytes = std::min(bytes, size_ - offset);
    if (offset < begin_ || offset + bytes > begin_ + held_.size()) {
        auto filled = co_await fill(offset / env::direct_bytes * env::direct_bytes, offset + bytes);
        if (!filled) co_return std::unexpected(std::move(filled.error()));
    }
    const uint64_t skip = std::min<uint64_t>(offset - begin_, held_.size());
    co_return Bytes(held_).subspan(skip, std::min<uint64_t>(bytes, held_.size() - skip));
}

// From `begin` to `end` at least.
env::Task<Result<>> FileWindow::fill(uint64_t begin, uint64_t end) {
    const uint64_t ahead = std::min(size_, std::max(end, begin + piece_bytes));
    const uint64_t wanted = round_up(ahead - begin, env::direct_bytes);
    held_ = AlignedBytes(wanted);
    begin_ = begin;
    while (held_.size() < wanted) {
        const uint64_t at = held_.size();
        const uint64_t length = std::min(piece_bytes, wanted - at);
        std::byte* into = held_.extend(length);
        const size_t got = co_await read(begin + at, {into, length});
        held_.drop_back(length - got);
        const bool goes_on = co_await pace_->took(got);
        if (!goes_on) co_return fail(Code::unavailable, "stopped");
        if (got < length) break;
    }
    co_return {};
}

env::Task<size_t> FileWindow::read(uint64_t offset, std::span<std::byte> into) {
    auto got = co_await file_->read(offset, into);
    if (got) co_return *got;
    co_return co_await read_in_blocks(offset, into);
}

// A bad place costs its block, not the whole piece.
env::Task<size_t> FileWindow::read_in_blocks(uint64_t offset, std::span<std::byte> into) {
    for (size_t at = 0; at < into.size(); at += block_bytes) {
        const auto block = into.subspan(at, std::min<size_t>(block_bytes, into.size() - at));
        auto got = co_await file_->read(offset + at, block);
        if (got && *got < block.size()) co_return at + *got;
        if (got) continue;
        std::ranges::fill(block, std::byte{0});
        note(offset + at, got.error().message);
    }
    co_return std::min<uint64_t>(into.size(), size_ - offset);
}

void FileWindow::note(uint64_t offset, const std::string& why) {
    for (const Unreadable& known : unreadable_)  // read twice
        if (known.offset <= offset && offset < known.offset + known.bytes) return;
    if (!unreadable_.empty()) {
        Unreadable& last = unreadable_.back();
        if (last.offset + last.bytes == offset) {
            last.bytes += block_bytes;
            return;
        }
    }
    unreadable_.push_back({offset, block_bytes, why});
}

}  // namespace fors::journal
