// SPDX-License-Identifier: Apache-2.0
// FileWindow: a file read from front to back in large direct pieces, with bounded memory, whatever
// the disk says to some of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "env/disk.h"
#include "journal/aligned_bytes.h"
#include "journal/pace.h"

namespace fors::journal {

// What the disk refused to give.
struct Unreadable {
    uint64_t offset;
    uint64_t bytes;
    std::string why;
};

class FileWindow {
public:
    static env::Task<Result<FileWindow>> open(env::Disk& disk, std::string path, Pace& pace);

    uint64_t size() const { return size_; }
    // The bytes from `offset` on, fewer only where the file ends; they stay until the next call.
    // What can't be read is zeros, and listed below. Code::unavailable: the pace says stop.
    env::Task<Result<Bytes>> get(uint64_t offset, uint64_t bytes);
    const std::vector<Unreadable>& unreadable() const { return unreadable_; }

private:
    FileWindow(std::unique_ptr<env::File> file, uint64_t size, Pace& pace)
        : file_(std::move(file)), size_(size), pace_(&pace) {}
    env::Task<Result<>> fill(uint64_t begin, uint64_t bytes);
    env::Task<size_t> read(uint64_t offset, std::span<std::byte> into);
    env::Task<size_t> read_in_blocks(uint64_t offset, std::span<std::byte> into);
    void note(uint64_t offset, const std::string& why);

    std::unique_ptr<env::File> file_;
    uint64_t size_;
    Pace* pace_;
    AlignedBytes held_{0};
    uint64_t begin_ = 0;  // of what is held
    std::vector<Unreadable> unreadable_;
};

}  // namespace fors::journal
