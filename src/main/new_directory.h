// SPDX-License-Identifier: Apache-2.0
// NewDirectory: one that comes to be whole or not at all: filled beside its place, as
// NAME.partial, and renamed when all of it is on the disk.
#pragma once

#include <memory>
#include <string>

#include "env/disk.h"

namespace fors {

// A copy within the original would be a part of the next one, and gone with it.
bool lies_within(const std::string& path, const std::string& directory);

class NewDirectory {
public:
    // `from`: what it will be a copy of. Code::already_exists when there is something at `path`
    // other than an empty directory, or an earlier attempt beside it; Code::invalid_argument for
    // what no directory can be renamed to ("." and "..", symbolic links, mount points) and for what
    // lies within `from`.
    static Result<NewDirectory> make(const std::string& path, const std::string& from);
    // Removes what was not finished.
    ~NewDirectory();
    NewDirectory(NewDirectory&&) = default;
    NewDirectory& operator=(NewDirectory&&) = delete;

    env::Disk& disk() { return *disk_; }
    // Puts it in its place. What lies in it was synced before.
    Result<> finish();

private:
    explicit NewDirectory(std::string path) : path_(std::move(path)) {}

    std::string path_;
    std::string partial_;  // empty: nothing to be removed
    std::unique_ptr<env::Disk> disk_;
};

}  // namespace fors
