// SPDX-License-Identifier: Apache-2.0
// AlignedBytes: a growing buffer whose memory suits direct writing (env::direct_bytes).
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/huge_pages.h"
#include "env/disk.h"

namespace fors::journal {

class AlignedBytes {
public:
    static constexpr size_t lent_bytes_min = 256 << 10;

    explicit AlignedBytes(size_t capacity) { move_to(capacity); }
    // In memory of somebody else's, which it keeps alive. Grown beyond `room` it moves to its own.
    AlignedBytes(std::shared_ptr<HugePages> lender, std::span<std::byte> room)
        : lender_(std::move(lender)), data_(room.data()), capacity_(room.size()) {}
    AlignedBytes(AlignedBytes&& other) noexcept
        : lender_(std::move(other.lender_)),
          data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          capacity_(std::exchange(other.capacity_, 0)) {}
    AlignedBytes& operator=(AlignedBytes&& other) noexcept {
        std::swap(lender_, other.lender_);
        std::swap(data_, other.data_);
        std::swap(size_, other.size_);
        std::swap(capacity_, other.capacity_);
        return *this;
    }
    ~AlignedBytes() { release(); }

    std::byte* data() { return data_; }
    const std::byte* data() const { return data_; }
    size_t size() const { return size_; }
    bool lent() const { return lender_ != nullptr; }
    operator Bytes() const { return {data_, size_}; }

    // Room for `bytes` more at the end; uninitialised.
    std::byte* extend(size_t bytes) {
        if (size_ + bytes > capacity_) move_to(std::max(2 * capacity_, size_ + bytes));
        std::byte* given = data_ + size_;
        size_ += bytes;
        return given;
    }
    void append(Bytes bytes) {
        if (!bytes.empty()) std::memcpy(extend(bytes.size()), bytes.data(), bytes.size());
    }
    void append_zeros(size_t count) {
        if (count > 0) std::memset(extend(count), 0, count);
    }
    void drop_back(size_t count) { size_ -= count; }
    void remove_front(size_t count) {
        size_ -= count;
        std::memmove(data_, data_ + count, size_);
    }
    // Gives memory of its own back when more than a quarter of it is unused. Somebody else's is
    // kept, unless it is so little that a copy costs less than what it would keep alive.
    void shrink_to_fit() {
        const bool moves = lender_ ? size_ < lent_bytes_min : capacity_ - size_ > capacity_ / 4;
        if (moves) move_to(size_);
    }

private:
    static constexpr std::align_val_t alignment{env::direct_bytes};

    void move_to(size_t capacity) {
        auto* moved = static_cast<std::byte*>(::operator new(capacity, alignment));
        if (size_ > 0) std::memcpy(moved, data_, size_);
        release();
        data_ = moved;
        capacity_ = capacity;
    }
    void release() {
        if (lender_)
            lender_.reset();
        else
            ::operator delete(data_, alignment);
    }

    std::shared_ptr<HugePages> lender_;
    std::byte* data_ = nullptr;
    size_t size_ = 0;
    size_t capacity_ = 0;
};

inline AlignedBytes in_huge_pages(size_t capacity) {
    auto pages = std::make_shared<HugePages>(capacity);
    const std::span<std::byte> room = pages->bytes();
    return {std::move(pages), room};
}

}  // namespace fors::journal
