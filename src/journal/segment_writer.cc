// SPDX-License-Identifier: Apache-2.0
// Writing of batches, making and recycling of segments.
#include "journal/segment_writer.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "base/digest.h"

namespace fors::journal {

namespace {

constexpr size_t zero_bytes = 1 << 20;

}  // namespace

void SegmentWriter::add_old(std::string path, uint64_t last_batch) {
    old_.push_back({.path = std::move(path), .file = nullptr, .last_batch = last_batch});
}

void SegmentWriter::start_at(uint64_t generation, uint64_t file_number) {
    generation_ = generation;
    next_file_ = file_number;
    next_capacity_ = limits_.first_bytes;
}

env::Task<Result<>> SegmentWriter::write(Batch& batch) {
    if (!current_.file || current_.capacity - end_ < batch.size()) {
        auto activated = co_await activate(batch.size(), batch.number());
        if (!activated) co_return activated;
    }
    batch.set_generation(generation_);
    auto written = co_await current_.file->write(end_, batch.bytes());
    if (written) written = co_await current_.file->sync();
    if (!written) {
        // What the file holds now is unknown; the next segment's header will make this batch void.
        current_.reusable = false;
        old_.push_back(std::move(current_));
        current_ = {};
        co_return written;
    }
    end_ += batch.size();
    current_.last_batch = batch.number();
    prepare_ahead();
    co_return {};
}

// Puts a segment in use: its header is on disk before its first batch is.
env::Task<Result<>> SegmentWriter::activate(uint64_t bytes_needed, uint64_t first_batch) {
    const uint64_t needed = bytes_needed + block_bytes;
    Segment next;
    const auto fits = [&](const Segment& spare) { return spare.capacity >= needed; };
    if (const auto at = std::ranges::find_if(spares_, fits); at != spares_.end()) {
        next = std::move(*at);
        spares_.erase(at);
    } else {
        const uint64_t least = std::max(limits_.first_bytes, round_up(needed, block_bytes));
        auto made = co_await make(next_path(), std::max(next_capacity_, least));
        // On a disk that is nearly full a small one may still find room.
        if (!made && next_capacity_ > least) made = co_await make(next_path(), least);
        if (!made) co_return std::unexpected(std::move(made.error()));
        next = std::move(*made);
    }
    SegmentHeader header{.magic = segment_magic,
                         .crc32c = 0,
                         .version = format_version,
                         .reserved = 0,
                         .generation = ++generation_,  // used up even when this fails
                         .first_batch = first_batch};
    const Bytes covered = std::as_bytes(std::span(&header, 1)).subspan(8);
    header.crc32c = crc32c(covered);
    auto written = co_await next.file->write(0, std::as_bytes(std::span(&header, 1)));
    if (written) written = co_await next.file->sync();
    if (!written) {
        // The disk may hold the header all the same: its generation is used up, and it voids
        // nothing acknowledged.
        next.reusable = false;
        next.last_batch = first_batch - 1;
        old_.push_back(std::move(next));
        co_return written;
    }
    if (current_.file) old_.push_back(std::move(current_));
    current_ = std::move(next);
    current_.last_batch = first_batch > 0 ? first_batch - 1 : 0;
    end_ = block_bytes;
    next_capacity_ = std::min(limits_.bytes_max, std::max(next_capacity_, current_.capacity) * 4);
    co_return {};
}

// A new file full of zeros, its size and name on disk.
env::Task<Result<SegmentWriter::Segment>> SegmentWriter::make(std::string path, uint64_t capacity) {
    Segment segment{.path = std::move(path), .file = nullptr, .capacity = capacity};
    auto opened = co_await disk_.open(segment.path, env::OpenMode::create_new);
    if (!opened) co_return std::unexpected(std::move(opened.error()));
    segment.file = std::move(*opened);
    const std::vector<std::byte> zeros(std::min<uint64_t>(zero_bytes, capacity));
    Result<> done{};
    for (uint64_t at = 0; at < capacity && done; at += zeros.size()) {
        const size_t length = std::min<uint64_t>(zeros.size(), capacity - at);
        done = co_await segment.file->write(at, Bytes(zeros).first(length));
    }
    if (done) done = co_await segment.file->sync();
    if (done) done = co_await disk_.sync_directory(std::string(segment_directory));
    if (done) co_return segment;
    (void)co_await disk_.remove(segment.path);  // a full disk: leave nothing behind
    co_return std::unexpected(std::move(done.error()));
}

std::string SegmentWriter::next_path() {
    char name[48];
    std::snprintf(name, sizeof(name), "journal/%016llx.segment",
                  static_cast<unsigned long long>(next_file_++));
    return name;
}

void SegmentWriter::prepare_ahead() {
    const bool enough = !spares_.empty() || end_ < current_.capacity / 2;
    if (preparing_ || enough) return;
    preparing_ = true;
    env::spawn(prepare(next_path(), next_capacity_));
}

env::Task<void> SegmentWriter::prepare(std::string path, uint64_t capacity) {
    co_await env::resume_on(background_);
    auto made = co_await make(std::move(path), capacity);
    co_await env::resume_on(log_);
    preparing_ = false;
    // Without one the writer makes its own when it needs it, and reports what is wrong then.
    if (made) spares_.push_back(std::move(*made));
}

env::Task<void> SegmentWriter::release(uint64_t last_batch) {
    while (!old_.empty() && old_.front().last_batch <= last_batch) {
        Segment segment = std::move(old_.front());
        old_.pop_front();
        const bool keep = segment.file && segment.reusable &&
                          segment.capacity >= limits_.bytes_max &&
                          spares_.size() < limits_.spares_max;
        if (keep)
            spares_.push_back(std::move(segment));
        else
            (void)co_await disk_.remove(segment.path);
    }
}

}  // namespace fors::journal
