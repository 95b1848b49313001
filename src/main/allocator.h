// SPDX-License-Identifier: Apache-2.0
// What the binary asks of its allocator.
#pragma once

namespace fors {

// Buffers of batches are freed many at a time, when a chunk holds them, and asked for again within
// the next second. So freed memory is kept that long: fresh pages cost more than filling them. At
// the start of the process. MIMALLOC_DECOMMIT_DELAY in the environment (milliseconds) overrules it.
void keep_freed_memory();

}  // namespace fors
