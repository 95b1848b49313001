// SPDX-License-Identifier: Apache-2.0
// What the binary asks of its allocator.
#pragma once

namespace fors {

// Buffers of batches are freed many at a time, when a chunk holds them, and asked for again within
// the next second. So freed memory is kept for ten: fresh pages cost more than filling them. At the
// start of the process. In the environment MIMALLOC_DECOMMIT_DELAY and
// MIMALLOC_SEGMENT_DECOMMIT_DELAY overrule it, in milliseconds.
void keep_freed_memory();

}  // namespace fors
