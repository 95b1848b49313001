// SPDX-License-Identifier: Apache-2.0
// FORS_ASSERT: for what must be true of our own bookkeeping; stays on in release builds, never used
// on what a client sent.
#pragma once

namespace fors::base {

// Prints the place and the expression to standard error and aborts.
[[noreturn]] void assert_failed(const char* expression, const char* file, int line);

}  // namespace fors::base

#define FORS_ASSERT(condition) \
    ((condition) ? void(0) : ::fors::base::assert_failed(#condition, __FILE__, __LINE__))
