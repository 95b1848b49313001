// SPDX-License-Identifier: Apache-2.0
#include "journal/batch_memory.h"

#include <algorithm>
#include <utility>

#include "journal/format.h"

namespace fors::journal {

namespace {

constexpr size_t lent_bytes = 8 << 20;  // a block

}  // namespace

AlignedBytes BatchMemory::open(size_t bytes) {
    // Of small batches there are many, and a server that is hardly used would hold 2 MiB for one.
    const size_t larger = std::max(bytes, std::exchange(before_, bytes));
    if (larger < AlignedBytes::lent_bytes_min) {
        block_ = nullptr;
        return AlignedBytes(std::max(bytes, size_t{block_bytes}));
    }
    if (!block_ || block_->bytes().size() - used_ < larger) {
        block_ = std::make_shared<HugePages>(std::max(lent_bytes, larger));
        used_ = 0;
    }
    return AlignedBytes(block_, block_->bytes().subspan(used_));
}

void BatchMemory::close(Bytes batch) {
    if (!block_) return;
    const std::span<std::byte> room = block_->bytes().subspan(used_);
    if (batch.data() == room.data()) used_ += batch.size();
}

}  // namespace fors::journal
