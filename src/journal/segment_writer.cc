// SPDX-License-Identifier: Apache-2.0
// Making, using and recycling of segments.
#include "journal/segment_writer.h"

#include <algorithm>
#include <cstdio>

#include "base/planted.h"
#include "journal/segment_header.h"

namespace fors::journal {

namespace {

constexpr size_t zero_bytes = 1 << 20;
constexpr int void_attempts = 4;
constexpr std::chrono::milliseconds rest_time{100};
constexpr std::chrono::seconds prepare_pause{1};

// splitmix64 (public domain, S. Vigna).
uint64_t mix(uint64_t z) {
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBU;
    return z ^ (z >> 31);
}

}  // namespace

void SegmentWriter::add_old(Held segment) {
    old_.push_back({.path = std::move(segment.path),
                    .file = nullptr,
                    .file_too = nullptr,
                    .generation = segment.generation,
                    .first_batch = segment.first_batch,
                    .last_batch = segment.last_batch});
}

std::vector<SegmentWriter::Held> SegmentWriter::held() const {
    std::vector<Held> all;
    const auto add = [&](const Segment& segment) {
        all.push_back({segment.path, segment.generation, segment.first_batch, segment.last_batch});
    };
    std::ranges::for_each(old_, add);
    if (voiding_) add(*voiding_);
    if (current_.file) add(current_);
    return all;
}

void SegmentWriter::start_at(Start start) {
    generation_ = start.generation;
    next_file_ = start.file_number;
    salt_seed_ = start.salt;
    next_capacity_ = limits_.first_bytes;
}

env::Task<Result<>> SegmentWriter::activate(size_t bytes, uint64_t first_batch) {
    if (resting_) co_return std::unexpected(*resting_);
    auto done = co_await put_in_use(bytes, first_batch);
    if (!done) rest(done.error());
    co_return done;
}

SegmentWriter::Place SegmentWriter::take_place(size_t bytes) {
    env::File& file = by_file_too_ ? *current_.file_too : *current_.file;
    const Place place{&file, end_, generation_, salt_};
    by_file_too_ = !by_file_too_ && !planted(Bug::two_syncs_through_one_file);
    end_ += bytes;
    prepare_ahead();
    return place;
}

// What failed may be on the disk all the same: what the file holds now is unknown. The next
// segment's header says that it is void; where no segment can be had, its first block is
// overwritten: what was under way behind it does not count without it.
env::Task<bool> SegmentWriter::make_void(uint64_t offset, size_t bytes, uint64_t first_batch) {
    Segment& poisoned = voiding_.emplace(std::exchange(current_, {}));
    poisoned.reusable = false;
    AlignedBytes zeros(block_bytes);
    zeros.append_zeros(block_bytes);
    bool done = planted(Bug::refused_batch_not_voided);
    for (int attempt = 0; attempt < void_attempts && !done; ++attempt) {
        done = (co_await put_in_use(bytes, first_batch)).has_value();
        if (!done) done = (co_await write_on_log(*poisoned.file, offset, zeros)).has_value();
    }
    // It must outlive those before it and go before the one that makes its end void.
    old_.push_back(std::move(poisoned));
    voiding_.reset();
    co_return done;
}

env::Task<Result<>> SegmentWriter::put_in_use(uint64_t bytes_needed, uint64_t first_batch) {
    auto taken = co_await take_segment(bytes_needed + block_bytes);
    if (!taken) co_return std::unexpected(std::move(taken.error()));
    Segment next = std::move(*taken);
    const SegmentHeader header{.magic = segment_magic,
                               .crc32c = 0,
                               .version = format_version,
                               .reserved = 0,
                               .generation = ++generation_,  // used up even when this fails
                               .first_batch = first_batch,
                               .salt = mix(salt_seed_ + generation_ * 0x9E37'79B9'7F4A'7C15U)};
    const auto block = header_block(header);
    auto written = co_await write_on_log(*next.file, 0, block);
    if (!written) {
        // The disk may hold the header all the same: its generation is used up, and it voids what
        // a smaller batch would still put into the current segment.
        if (current_.file) old_.push_back(std::exchange(current_, {}));
        next.reusable = false;
        next.generation = header.generation;
        next.first_batch = first_batch;
        next.last_batch = first_batch - 1;
        old_.push_back(std::move(next));
        co_return written;
    }
    if (current_.file) old_.push_back(std::move(current_));
    current_ = std::move(next);
    current_.generation = header.generation;
    current_.first_batch = first_batch;
    current_.last_batch = first_batch - 1;
    salt_ = header.salt;
    end_ = block_bytes;
    next_capacity_ = std::min(limits_.bytes_max, std::max(next_capacity_, current_.capacity) * 4);
    co_return {};
}

env::Task<Result<SegmentWriter::Segment>> SegmentWriter::take_segment(uint64_t bytes_needed) {
    const auto fits = [&](const Segment& spare) { return spare.capacity >= bytes_needed; };
    if (const auto at = std::ranges::find_if(spares_, fits); at != spares_.end()) {
        Segment spare = std::move(*at);
        spares_.erase(at);
        co_return spare;
    }
    const uint64_t least = std::max(limits_.first_bytes, round_up(bytes_needed, block_bytes));
    auto made = co_await make(log_, next_path(), std::max(next_capacity_, least));
    // On a disk that is nearly full a small one may still find room.
    if (!made && next_capacity_ > least) made = co_await make(log_, next_path(), least);
    co_return made;
}

// Making a segment on a full disk takes a while to fail: what comes in the meantime is refused at
// once.
void SegmentWriter::rest(const Error& error) {
    resting_ = error;
    home_.after(rest_time, [this] { resting_.reset(); });
}

env::Task<Result<>> SegmentWriter::write_on_log(env::File& file, uint64_t offset, Bytes bytes) {
    co_await env::resume_on(log_);
    auto written = co_await file.write_synced(offset, bytes);
    co_await env::resume_on(home_);
    co_return written;
}

env::Task<Result<SegmentWriter::Segment>> SegmentWriter::make(env::Executor& on, std::string path,
                                                              uint64_t capacity) {
    Segment segment{
        .path = std::move(path), .file = nullptr, .file_too = nullptr, .capacity = capacity};
    co_await env::resume_on(on);
    auto filled = co_await fill(segment);
    if (!filled) co_await remove(segment);  // a full disk: leave nothing behind
    co_await env::resume_on(home_);
    if (!filled) co_return std::unexpected(std::move(filled.error()));
    co_return segment;
}

// A new file full of zeros, its size and name on disk.
env::Task<Result<>> SegmentWriter::fill(Segment& segment) {
    auto opened = co_await disk_.open(segment.path, env::OpenMode::create_direct);
    if (!opened) co_return std::unexpected(std::move(opened.error()));
    segment.file = std::move(*opened);
    const uint64_t capacity = segment.capacity;
    AlignedBytes zeros(std::min<uint64_t>(zero_bytes, capacity));
    zeros.append_zeros(std::min<uint64_t>(zero_bytes, capacity));
    Result<> done{};
    for (uint64_t at = 0; at < capacity && done; at += zeros.size()) {
        const size_t length = std::min<uint64_t>(zeros.size(), capacity - at);
        done = co_await segment.file->write(at, Bytes(zeros).first(length));
    }
    if (done) done = co_await segment.file->sync();
    if (done) {
        auto again = co_await disk_.open(segment.path, env::OpenMode::create_direct);
        if (!again) co_return std::unexpected(std::move(again.error()));
        segment.file_too = std::move(*again);
    }
    if (!done || planted(Bug::segment_name_not_synced)) co_return done;
    auto named = co_await disk_.sync_directory(std::string(segment_directory));
    if (planted(Bug::directory_sync_not_checked)) named = {};
    co_return named;
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
    auto made = co_await make(background_, std::move(path), capacity);
    if (made) {
        preparing_ = false;
        spares_.push_back(std::move(*made));
        co_return;
    }
    // Without one the writer makes its own when it needs it, and reports what is wrong then.
    home_.after(prepare_pause, [this] { preparing_ = false; });
}

env::Task<void> SegmentWriter::release(uint64_t last_batch) {
    while (!old_.empty() && old_.front().last_batch <= last_batch) {
        Segment segment = std::move(old_.front());
        old_.pop_front();
        const bool keep = segment.file && segment.reusable &&
                          segment.capacity >= limits_.bytes_max &&
                          spares_.size() < limits_.spares_max;
        if (keep) {
            spares_.push_back(std::move(segment));
            continue;
        }
        co_await env::resume_on(background_);
        co_await remove(segment);
        co_await env::resume_on(home_);
    }
}

// Closed as well: the file system frees the blocks with the last descriptor, which takes a while.
env::Task<void> SegmentWriter::remove(Segment& segment) {
    (void)co_await disk_.remove(segment.path);
    segment.file.reset();
    segment.file_too.reset();
}

}  // namespace fors::journal
