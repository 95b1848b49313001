// SPDX-License-Identifier: Apache-2.0
#include "host/memory.h"

#include <malloc.h>

namespace fors::host {

void keep_freed_memory() {
    // NOLINTBEGIN(concurrency-mt-unsafe): before there are threads
    mallopt(M_MMAP_THRESHOLD, 64 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
    // NOLINTEND(concurrency-mt-unsafe)
}

}  // namespace fors::host
