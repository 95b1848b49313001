// SPDX-License-Identifier: Apache-2.0
// Batch: what goes to disk in one write: built by appending, then sealed and from there on
// immutable; it is also the cache from which readers at the tip are served.
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <vector>

#include "base/buffer.h"
#include "base/bytes.h"
#include "journal/aligned_bytes.h"
#include "journal/format.h"
#include "log/log.h"

namespace fors::journal {

class Batch final : public Buffer {
public:
    Batch();
    explicit Batch(AlignedBytes room);  // to be built in

    // While it is built:
    void add(const log::Append& record);
    bool empty() const { return runs_.empty(); }
    size_t sealed_bytes() const;  // what size() will be
    // Closes it: directory and header; `unsynced` batches right before it are not answered yet.
    // What is missing then is added on a log thread:
    void seal(uint64_t number, uint32_t unsynced);
    void stamp(uint64_t generation, uint64_t salt);  // computes the checksum as well

    // Once sealed:
    uint64_t number() const { return number_; }
    uint32_t unsynced() const { return unsynced_; }
    // Whether a crash may have kept all from the one after `last` to the one before this off the
    // disk: they were not answered yet when this one was begun.
    bool overtook(uint64_t last) const {
        return number_ > last + 1 && number_ - last - 1 <= unsynced_;
    }
    Bytes bytes() const { return {bytes_.data(), bytes_.size()}; }  // a multiple of block_bytes
    size_t size() const { return bytes_.size(); }
    const std::vector<RunEntry>& runs() const { return runs_; }
    size_t records() const { return records_; }

    // A batch as read back from a segment; null when header, lengths or checksum don't fit. `bytes`
    // may be longer.
    static std::unique_ptr<Batch> parse(Bytes bytes);
    // Its header, when `bytes` begins with a plausible one.
    static std::optional<BatchHeader> header_of(Bytes bytes);
    // All of it is there and its checksum fits.
    static bool intact(Bytes bytes, const BatchHeader& header);

private:
    AlignedBytes bytes_;
    std::vector<RunEntry> runs_;
    uint64_t number_ = 0;
    uint32_t unsynced_ = 0;
    size_t records_ = 0;
};

// Whole size on disk of a batch with that header.
uint64_t batch_bytes(const BatchHeader& header);

// Calls `use(index, record)` for each record frame in `frames`; false when they don't fit their
// lengths.
template <class Use>
bool for_each_record(Bytes frames, uint32_t count, Use use) {
    size_t at = 0;
    for (uint32_t index = 0; index < count; ++index) {
        if (frames.size() - at < sizeof(RecordHead)) return false;
        RecordHead head;
        std::memcpy(&head, frames.data() + at, sizeof(head));
        const uint64_t body = uint64_t{head.key_bytes} + head.data_bytes;
        if (body > frames.size() - at - sizeof(RecordHead)) return false;
        const std::byte* key = frames.data() + at + sizeof(RecordHead);
        log::Record record{.sequence = {},
                           .arrival_ms = head.arrival_ms,
                           .key = as_text({key, head.key_bytes}),
                           .data = {key + head.key_bytes, head.data_bytes},
                           .flags = head.flags};
        if (!use(index, record)) return true;
        at += round_up(sizeof(RecordHead) + body, 8);
        if (at > frames.size()) return false;
    }
    return true;
}

}  // namespace fors::journal
