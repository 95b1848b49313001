// SPDX-License-Identifier: Apache-2.0
// For tests: a disk that does what another one does. Who derives from it says what differs.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "env/disk.h"

namespace fors::journal {

class DiskOver : public env::Disk {
public:
    explicit DiskOver(env::Disk& good) : good_(good) {}

    template <class T = void>
    using Answer = env::Task<Result<T>>;
    Answer<std::unique_ptr<env::File>> open(std::string path, env::OpenMode mode) override {
        return good_.open(std::move(path), mode);
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

protected:
    env::Disk& good_;
};

}  // namespace fors::journal
