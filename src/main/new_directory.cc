// SPDX-License-Identifier: Apache-2.0
#include "new_directory.h"

#include <filesystem>

#include "host/disk.h"

namespace fors {

namespace {

namespace files = std::filesystem;

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

}  // namespace

Result<NewDirectory> NewDirectory::make(const std::string& path) {
    std::error_code error;
    NewDirectory made(without_slash(path));
    const bool there = files::exists(files::symlink_status(made.path_, error));
    if (there && !(files::is_directory(made.path_, error) && files::is_empty(made.path_, error)))
        return fail(Code::already_exists, made.path_ + " exists and is not an empty directory");
    const std::string partial = made.path_ + ".partial";
    if (files::exists(files::symlink_status(partial, error)))
        return fail(Code::already_exists, partial + " is left of an earlier attempt; remove it");
    auto disk = host::open_disk(partial);
    if (!disk) return std::unexpected(std::move(disk.error()));
    made.partial_ = partial;
    made.disk_ = std::move(*disk);
    return made;
}

NewDirectory::~NewDirectory() {
    std::error_code ignored;
    if (!partial_.empty()) files::remove_all(partial_, ignored);
}

Result<> NewDirectory::finish() {
    std::error_code error;
    files::rename(partial_, path_, error);
    if (error) return fail(Code::io_failed, "cannot rename " + partial_ + ": " + error.message());
    partial_.clear();
    const files::path parent = files::path(path_).parent_path();
    return host::sync_directory(parent.empty() ? "." : parent.string());
}

}  // namespace fors
