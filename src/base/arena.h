// SPDX-License-Identifier: Apache-2.0
// Arena: memory of one request, given out by bumping a pointer and freed all at once.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace fors {

// Owned by one request at a time; not thread-safe. What it gives out lives until reset() or
// destruction.
class Arena {
public:
    Arena() { use_first(); }
    Arena(const Arena&) = delete;
    Arena& operator=(const Arena&) = delete;

    // Uninitialised bytes, aligned for any scalar type.
    std::byte* allocate(size_t size) {
        size_t rounded = round_up(size);
        if (rounded > static_cast<size_t>(end_ - next_)) grow(rounded);
        std::byte* given = next_;
        next_ += rounded;
        return given;
    }

    // Gives back the unused tail of the latest allocation.
    void shrink_last(std::byte* given, size_t used) { next_ = given + round_up(used); }

    std::string_view copy(std::string_view text) {
        if (text.empty()) return "";
        auto* to = reinterpret_cast<char*>(allocate(text.size()));
        std::memcpy(to, text.data(), text.size());
        return {to, text.size()};
    }

    // Forgets everything given out; keeps the latest (largest) block for the next request unless it
    // is huge.
    void reset() {
        if (blocks_.empty()) return use_first();
        Block kept = std::move(blocks_.back());
        blocks_.clear();
        if (kept.size > block_bytes_kept_max) return use_first();
        next_ = kept.bytes.get();
        end_ = next_ + kept.size;
        blocks_.push_back(std::move(kept));
    }

private:
    static constexpr size_t first_bytes = 2048;  // what a small request needs
    static constexpr size_t block_bytes_min = 4096;
    static constexpr size_t block_bytes_doubled_max = size_t{1} << 20;
    static constexpr size_t block_bytes_kept_max = size_t{2} << 20;

    struct Block {
        std::unique_ptr<std::byte[]> bytes;
        size_t size = 0;
    };

    void use_first() {
        next_ = first_;
        end_ = first_ + first_bytes;
    }

    static size_t round_up(size_t size) { return (size + 15) & ~size_t{15}; }

    // Blocks double, so that a large request costs few of them.
    void grow(size_t size) {
        size_t doubled =
            blocks_.empty() ? 0 : std::min(2 * blocks_.back().size, block_bytes_doubled_max);
        size_t block = std::max({size, block_bytes_min, doubled});
        blocks_.push_back({std::make_unique_for_overwrite<std::byte[]>(block), block});
        next_ = blocks_.back().bytes.get();
        end_ = next_ + block;
    }

    std::byte* next_;
    std::byte* end_;
    std::vector<Block> blocks_;
    alignas(16) std::byte first_[first_bytes];  // lies where the arena does: no allocation
};

}  // namespace fors
