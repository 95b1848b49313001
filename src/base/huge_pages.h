// SPDX-License-Identifier: Apache-2.0
// Memory in pages of 2 MiB where the system gives them: for a buffer that direct writes are made
// from again and again. The kernel pins each page of such a write, at 0.15 us a page.
#pragma once

#include <cstddef>
#include <span>

namespace fors {

// `bytes` at least, uninitialised; whole pages. Throws bad_alloc as new does. Any thread.
std::span<std::byte> allocate_huge(size_t bytes);
void free_huge(std::span<std::byte> memory);

}  // namespace fors
