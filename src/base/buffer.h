// SPDX-License-Identifier: Apache-2.0
// BufferRef: shared ownership of immutable bytes (a journal batch, a chunk block) by those who
// still read from them.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

#include "base/bytes.h"

namespace fors {

// What is shared: whoever made it decides what it is (a batch, a decoded block); readers only keep
// it alive. The count is atomic since an answer may be serialised on another reactor than the one
// that owns the cache.
class Buffer {
public:
    virtual ~Buffer() = default;

private:
    friend class BufferRef;
    std::atomic<uint32_t> references_{0};
};

class BufferRef {
public:
    BufferRef() = default;
    explicit BufferRef(std::unique_ptr<Buffer> owned) : buffer_(owned.release()) { retain(); }
    BufferRef(const BufferRef& other) : buffer_(other.buffer_) { retain(); }
    BufferRef(BufferRef&& other) noexcept : buffer_(std::exchange(other.buffer_, nullptr)) {}
    BufferRef& operator=(BufferRef other) noexcept {
        std::swap(buffer_, other.buffer_);
        return *this;
    }
    ~BufferRef() {
        if (buffer_ && buffer_->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
            delete buffer_;
    }

    Buffer* get() const { return buffer_; }
    explicit operator bool() const { return buffer_ != nullptr; }
    friend bool operator==(const BufferRef&, const BufferRef&) = default;

private:
    void retain() {
        if (buffer_) buffer_->references_.fetch_add(1, std::memory_order_relaxed);
    }
    Buffer* buffer_ = nullptr;
};

}  // namespace fors
