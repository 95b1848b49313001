// SPDX-License-Identifier: Apache-2.0
#include "journal/batch_memory.h"

#include <algorithm>

#include "journal/format.h"

namespace fors::journal {

namespace {

// Of smaller batches there are many, and a server that is hardly used would hold 2 MiB for one.
constexpr size_t large_bytes = 256 << 10;
constexpr size_t lent_bytes = 8 << 20;  // a block

}  // namespace

AlignedBytes BatchMemory::open(size_t bytes) {
    if (bytes < large_bytes) {
        block_ = nullptr;
        return AlignedBytes(std::max(bytes, size_t{block_bytes}));
    }
    if (!block_ || block_->bytes().size() - used_ < bytes) {
        block_ = std::make_shared<HugePages>(std::max(lent_bytes, bytes));
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
