// SPDX-License-Identifier: Apache-2.0
// For tests: a disk with a place that can't be read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "journal/test_disk_over.h"

namespace fors::journal {

// A disk some of whose blocks can't be read any more.
class BadBlocks final : public DiskOver {
public:
    BadBlocks(env::Disk& good, std::string path, uint64_t offset)
        : DiskOver(good), path_(std::move(path)), offset_(offset) {}

    Answer<std::unique_ptr<env::File>> open(std::string path, env::OpenMode mode) override {
        auto file = co_await good_.open(path, mode);
        if (!file || path != path_) co_return file;
        co_return std::make_unique<BadFile>(std::move(*file), offset_);
    }

private:
    class BadFile final : public env::File {
    public:
        BadFile(std::unique_ptr<env::File> good, uint64_t offset)
            : good_(std::move(good)), offset_(offset) {}
        Answer<size_t> read(uint64_t offset, std::span<std::byte> into) override {
            if (offset <= offset_ && offset_ < offset + into.size())
                co_return fail(Code::io_failed, "input/output error");
            co_return co_await good_->read(offset, into);
        }
        Answer<> write(uint64_t, Bytes) override { co_return {}; }
        Answer<> sync() override { co_return {}; }
        Answer<uint64_t> size() override { return good_->size(); }
        Answer<> truncate(uint64_t) override { co_return {}; }
        Answer<> punch(uint64_t, uint64_t) override { co_return {}; }

    private:
        std::unique_ptr<env::File> good_;
        uint64_t offset_;
    };

    std::string path_;
    uint64_t offset_;
};

}  // namespace fors::journal
