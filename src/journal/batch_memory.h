// SPDX-License-Identifier: Apache-2.0
// BatchMemory: room for large batches, one behind the other in blocks of huge pages. The one that
// is built may grow to the end of its block without being moved. A block is freed with the last
// batch in it.
#pragma once

#include <memory>

#include "base/huge_pages.h"
#include "journal/aligned_bytes.h"

namespace fors::journal {

// Not thread-safe; what it gives may be freed by any thread.
class BatchMemory {
public:
    // Room for a batch of about `bytes`. What was asked for the last time counts as well: batches
    // that are written side by side may be large and small in turn. It is lent until close(): there
    // is one open batch.
    AlignedBytes open(size_t bytes);
    // It is as large as this now: what lies behind it is for the next one.
    void close(Bytes batch);

private:
    std::shared_ptr<HugePages> block_;
    size_t used_ = 0;    // of the block
    size_t before_ = 0;  // asked for the last time
};

}  // namespace fors::journal
