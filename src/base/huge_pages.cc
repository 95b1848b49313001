// SPDX-License-Identifier: Apache-2.0
#include "base/huge_pages.h"

#include <sys/mman.h>

#include <new>

namespace fors {

namespace {

constexpr size_t page_bytes = 2 << 20;
constexpr std::align_val_t alignment{page_bytes};

}  // namespace

std::span<std::byte> allocate_huge(size_t bytes) {
    bytes = (bytes + page_bytes - 1) / page_bytes * page_bytes;
    void* memory = ::operator new(bytes, alignment);
    (void)madvise(memory, bytes, MADV_HUGEPAGE);  // a kernel that has none gives small ones
    return {static_cast<std::byte*>(memory), bytes};
}

void free_huge(std::span<std::byte> memory) {
    // Whoever gets it next may use little of it.
    (void)madvise(memory.data(), memory.size(), MADV_NOHUGEPAGE);
    ::operator delete(memory.data(), alignment);
}

}  // namespace fors
