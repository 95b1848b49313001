// SPDX-License-Identifier: Apache-2.0
// Memory in pages of 2 MiB where the system gives them: for buffers that direct writes are made
// from. The kernel pins each page of such a write, at 0.15 us a page.
#pragma once

#include <cstddef>
#include <span>

namespace fors {

class HugePages {
public:
    // `bytes` at least, uninitialised. Throws bad_alloc as new does. Any thread.
    explicit HugePages(size_t bytes);
    ~HugePages();
    HugePages(const HugePages&) = delete;
    HugePages& operator=(const HugePages&) = delete;

    std::span<std::byte> bytes() { return bytes_; }

private:
    std::span<std::byte> bytes_;
};

}  // namespace fors
