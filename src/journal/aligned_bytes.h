// SPDX-License-Identifier: Apache-2.0
// AlignedBytes: a growing buffer whose memory suits direct writing (env::direct_bytes).
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/bytes.h"
#include "env/disk.h"

namespace fors::journal {

class AlignedBytes {
public:
    explicit AlignedBytes(size_t capacity) { grow(capacity); }
    AlignedBytes(const AlignedBytes&) = delete;
    AlignedBytes& operator=(const AlignedBytes&) = delete;
    ~AlignedBytes() { ::operator delete(data_, alignment); }

    size_t size() const { return size_; }
    operator Bytes() const { return {data_, size_}; }

    void append(Bytes bytes) {
        if (bytes.empty()) return;
        if (size_ + bytes.size() > capacity_) grow(std::max(2 * capacity_, size_ + bytes.size()));
        std::memcpy(data_ + size_, bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    void append_zeros(size_t count) {
        if (size_ + count > capacity_) grow(std::max(2 * capacity_, size_ + count));
        std::memset(data_ + size_, 0, count);
        size_ += count;
    }
    void remove_front(size_t count) {
        size_ -= count;
        std::memmove(data_, data_ + count, size_);
    }

private:
    static constexpr std::align_val_t alignment{env::direct_bytes};

    void grow(size_t capacity) {
        auto* larger = static_cast<std::byte*>(::operator new(capacity, alignment));
        if (size_ > 0) std::memcpy(larger, data_, size_);
        ::operator delete(data_, alignment);
        data_ = larger;
        capacity_ = capacity;
    }

    std::byte* data_ = nullptr;
    size_t size_ = 0;
    size_t capacity_ = 0;
};

}  // namespace fors::journal
