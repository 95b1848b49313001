// SPDX-License-Identifier: Apache-2.0
// Options of mimalloc; builds with a sanitizer have that one's allocator, which has no such thing.
#include "allocator.h"

#ifdef FORS_MIMALLOC
#include <mimalloc.h>
#endif

namespace fors {

void keep_freed_memory() {
#ifdef FORS_MIMALLOC
    constexpr long delay_ms = 10'000;
    mi_option_set_default(mi_option_decommit_delay, delay_ms);
    mi_option_set_default(mi_option_segment_decommit_delay, delay_ms);
#endif
}

}  // namespace fors
