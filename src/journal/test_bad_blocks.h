// SPDX-License-Identifier: Apache-2.0
// For tests: a disk with a place that can't be read.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "env/disk.h"

namespace fors::journal {

// A disk some of whose blocks can't be read any more.
class BadBlocks final : public env::Disk {
public:
    BadBlocks(env::Disk& good, std::string path, uint64_t offset)
        : good_(good), path_(std::move(path)), offset_(offset) {}

    template <class T = void>
    using Answer = env::Task<Result<T>>;
    Answer<std::unique_ptr<env::File>> open(std::string path, env::OpenMode mode) override {
        auto file = co_await good_.open(path, mode);
        if (!file || path != path_) co_return file;
        co_return std::make_unique<BadFile>(std::move(*file), offset_);
    }
    Answer<> remove(std::string path) override { return good_.remove(std::move(path)); }
    Answer<> rename(std::string from, std::string to) override {
        return good_.rename(std::move(from), std::move(to));
    }
    Answer<> make_directory(std::string path) override {
        return good_.make_directory(std::move(path));
    }
    Answer<std::vector<std::string>> list(std::string directory) override {
        return good_.list(std::move(directory));
    }
    Answer<> sync_directory(std::string directory) override {
        return good_.sync_directory(std::move(directory));
    }
    Result<std::unique_ptr<env::DirectoryLock>> lock() override { return good_.lock(); }

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

    env::Disk& good_;
    std::string path_;
    uint64_t offset_;
};

}  // namespace fors::journal
