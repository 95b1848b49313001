// SPDX-License-Identifier: Apache-2.0
// The end of a process whose own bookkeeping is wrong.
#include "base/assert.h"

#include <cstdio>
#include <cstdlib>

namespace fors::base {

void assert_failed(const char* expression, const char* file, int line) {
    std::fprintf(stderr, "fors: assertion failed: %s (%s:%d)\n", expression, file, line);
    std::abort();
}

}  // namespace fors::base
