// SPDX-License-Identifier: Apache-2.0
// Building, sealing and reading back of batches.
#include "journal/batch.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"
#include "base/digest.h"
#include "base/planted.h"

namespace fors::journal {

namespace {

constexpr size_t checksum_skips = 8;  // magic and the checksum itself

}  // namespace

Batch::Batch() : Batch(AlignedBytes(block_bytes)) {}

Batch::Batch(AlignedBytes room) : bytes_(std::move(room)) {
    bytes_.append_zeros(sizeof(BatchHeader));
}

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

size_t Batch::sealed_bytes() const {
    return static_cast<size_t>(
        round_up(bytes_.size() + runs_.size() * sizeof(RunEntry), block_bytes));
}

void Batch::seal(uint64_t number, uint32_t unsynced) {
    number_ = number;
    unsynced_ = unsynced;
    const size_t directory = bytes_.size();
    bytes_.append(std::as_bytes(std::span(runs_)));
    const BatchHeader header{
        .magic = batch_magic,
        .crc32c = 0,
        .generation = 0,
        .salt = 0,
        .number = number,
        .body_bytes = static_cast<uint32_t>(bytes_.size() - sizeof(BatchHeader)),
        .run_count = static_cast<uint32_t>(runs_.size()),
        .directory_offset = static_cast<uint32_t>(directory),
        .unsynced = unsynced};
    std::memcpy(bytes_.data(), &header, sizeof(header));
    bytes_.append_zeros(static_cast<size_t>(round_up(bytes_.size(), block_bytes)) - bytes_.size());
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
    if (planted(Bug::batch_checksum_not_checked)) return true;
    return crc32c(bytes.subspan(checksum_skips, covered)) == header.crc32c;
}

std::unique_ptr<Batch> Batch::parse(Bytes bytes) {
    const auto header = header_of(bytes);
    if (!header || !intact(bytes, *header)) return nullptr;

    const auto size = static_cast<size_t>(batch_bytes(*header));
    auto batch = std::make_unique<Batch>(AlignedBytes(size));
    batch->bytes_.extend(size - sizeof(BatchHeader));
    std::memcpy(batch->bytes_.data(), bytes.data(), size);
    batch->number_ = header->number;
    batch->unsynced_ = header->unsynced;
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
