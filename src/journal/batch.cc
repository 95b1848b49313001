// SPDX-License-Identifier: Apache-2.0
// Building, sealing and reading back of batches.
#include "journal/batch.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "base/assert.h"
#include "base/digest.h"

namespace fors::journal {

namespace {

constexpr size_t capacity_min = 8 << 10;
constexpr size_t checksum_skips = 8;  // magic and the checksum itself

}  // namespace

std::byte* GrowingBytes::extend(size_t bytes) {
    if (size_ + bytes > capacity_) {
        capacity_ = std::max({capacity_min, 2 * capacity_, size_ + bytes});
        auto* grown = static_cast<std::byte*>(std::realloc(data_, capacity_));
        if (!grown) throw std::bad_alloc();
        data_ = grown;
    }
    std::byte* given = data_ + size_;
    size_ += bytes;
    return given;
}

void GrowingBytes::shrink_to_fit() {
    if (capacity_ - size_ < size_ / 8) return;
    if (auto* shrunk = static_cast<std::byte*>(std::realloc(data_, size_))) {
        data_ = shrunk;
        capacity_ = size_;
    }
}

Batch::Batch() { std::memset(bytes_.extend(sizeof(BatchHeader)), 0, sizeof(BatchHeader)); }

void Batch::add(const log::Append& record) {
    const size_t body = sizeof(RecordHead) + record.key.size() + record.data.size();
    const auto padded = static_cast<size_t>(round_up(body, 8));
    const size_t offset = bytes_.size();
    std::byte* to = bytes_.extend(padded);
    const RecordHead head{.key_bytes = static_cast<uint32_t>(record.key.size()),
                          .data_bytes = static_cast<uint32_t>(record.data.size()),
                          .arrival_ms = record.arrival_ms,
                          .flags = record.flags,
                          .reserved_a = 0,
                          .reserved_b = 0};
    std::memcpy(to, &head, sizeof(head));
    to += sizeof(head);
    if (!record.key.empty()) std::memcpy(to, record.key.data(), record.key.size());
    to += record.key.size();
    if (!record.data.empty()) std::memcpy(to, record.data.data(), record.data.size());
    std::memset(to + record.data.size(), 0, padded - body);
    ++records_;

    if (!runs_.empty()) {
        RunEntry& last = runs_.back();
        if (last.shard == record.shard.value &&
            last.first_sequence + last.count == record.sequence.value) {
            ++last.count;
            last.last_arrival_ms = record.arrival_ms;
            last.bytes += static_cast<uint32_t>(padded);
            return;
        }
    }
    runs_.push_back({.shard = record.shard.value,
                     .count = 1,
                     .first_sequence = record.sequence.value,
                     .first_arrival_ms = record.arrival_ms,
                     .last_arrival_ms = record.arrival_ms,
                     .offset = static_cast<uint32_t>(offset),
                     .bytes = static_cast<uint32_t>(padded)});
}

void Batch::seal(uint64_t number) {
    number_ = number;
    const size_t directory = bytes_.size();
    const size_t directory_bytes = runs_.size() * sizeof(RunEntry);
    std::memcpy(bytes_.extend(directory_bytes), runs_.data(), directory_bytes);
    const BatchHeader header{
        .magic = batch_magic,
        .crc32c = 0,
        .generation = 0,
        .salt = 0,
        .number = number,
        .body_bytes = static_cast<uint32_t>(bytes_.size() - sizeof(BatchHeader)),
        .run_count = static_cast<uint32_t>(runs_.size()),
        .directory_offset = static_cast<uint32_t>(directory),
        .reserved = 0};
    std::memcpy(bytes_.data(), &header, sizeof(header));
    const auto padding = static_cast<size_t>(round_up(bytes_.size(), block_bytes)) - bytes_.size();
    std::memset(bytes_.extend(padding), 0, padding);
    bytes_.shrink_to_fit();
}

void Batch::stamp(uint64_t generation, uint64_t salt) {
    BatchHeader header;
    std::memcpy(&header, bytes_.data(), sizeof(header));
    header.generation = generation;
    header.salt = salt;
    std::memcpy(bytes_.data(), &header, sizeof(header));
    const size_t covered = sizeof(header) + header.body_bytes - checksum_skips;
    header.crc32c = crc32c({bytes_.data() + checksum_skips, covered});
    std::memcpy(bytes_.data(), &header, sizeof(header));
}

uint64_t batch_bytes(const BatchHeader& header) {
    return round_up(sizeof(BatchHeader) + uint64_t{header.body_bytes}, block_bytes);
}

std::optional<BatchHeader> Batch::header_of(Bytes bytes) {
    BatchHeader header;
    if (bytes.size() < sizeof(header)) return std::nullopt;
    std::memcpy(&header, bytes.data(), sizeof(header));
    const uint64_t directory_end =
        header.directory_offset + uint64_t{header.run_count} * sizeof(RunEntry);
    const bool fits = header.magic == batch_magic && header.run_count > 0 &&
                      header.directory_offset >= sizeof(header) &&
                      directory_end == sizeof(header) + uint64_t{header.body_bytes};
    return fits ? std::optional(header) : std::nullopt;
}

bool Batch::intact(Bytes bytes, const BatchHeader& header) {
    if (batch_bytes(header) > bytes.size()) return false;
    const size_t covered = sizeof(header) + header.body_bytes - checksum_skips;
    return crc32c(bytes.subspan(checksum_skips, covered)) == header.crc32c;
}

std::unique_ptr<Batch> Batch::parse(Bytes bytes) {
    const auto header = header_of(bytes);
    if (!header || !intact(bytes, *header)) return nullptr;

    auto batch = std::make_unique<Batch>();
    const auto size = static_cast<size_t>(batch_bytes(*header));
    std::memcpy(batch->bytes_.extend(size - batch->bytes_.size()) - sizeof(BatchHeader),
                bytes.data(), size);
    batch->number_ = header->number;
    batch->runs_.resize(header->run_count);
    std::memcpy(batch->runs_.data(), bytes.data() + header->directory_offset,
                header->run_count * sizeof(RunEntry));
    for (const RunEntry& run : batch->runs_) {
        // The checksum fits, so these only fail on files that were made by hand.
        if (run.offset < sizeof(BatchHeader) ||
            uint64_t{run.offset} + run.bytes > header->directory_offset)
            return nullptr;
        const auto accept = [](uint32_t, const log::Record&) { return true; };
        if (!for_each_record(bytes.subspan(run.offset, run.bytes), run.count, accept))
            return nullptr;
        batch->records_ += run.count;
    }
    return batch;
}

}  // namespace fors::journal
