// SPDX-License-Identifier: Apache-2.0
#include "base/huge_pages.h"

#include <sys/mman.h>

#include <new>

namespace fors {

namespace {

constexpr size_t page_bytes = 2 << 20;
constexpr std::align_val_t alignment{page_bytes};

}  // namespace

HugePages::HugePages(size_t bytes) {
    bytes = (bytes + page_bytes - 1) / page_bytes * page_bytes;
    bytes_ = {static_cast<std::byte*>(::operator new(bytes, alignment)), bytes};
    // A kernel that has none gives small ones.
    (void)madvise(bytes_.data(), bytes_.size(), MADV_HUGEPAGE);
}

HugePages::~HugePages() {
    // Whoever gets it next may use little of it.
    (void)madvise(bytes_.data(), bytes_.size(), MADV_NOHUGEPAGE);
    ::operator delete(bytes_.data(), alignment);
}

}  // namespace fors
