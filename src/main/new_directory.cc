// SPDX-License-Identifier: Apache-2.0
#include "new_directory.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "base/concat.h"
#include "host/disk.h"

namespace fors {

namespace {

namespace files = std::filesystem;

std::string without_slash(std::string path) {
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

// Bind mounts have the device of what is around them, subvolumes of btrfs are no mounts.
bool is_mounted(const std::string& path) {
    struct statx at{};
    struct statx above{};
    const auto ask = [](const std::string& where, struct statx& into) {
        return statx(AT_FDCWD, where.c_str(), 0, STATX_BASIC_STATS, &into) == 0;
    };
    if (!ask(path, at) || !ask(path + "/..", above)) return false;
    return (at.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 ||
           at.stx_dev_major != above.stx_dev_major || at.stx_dev_minor != above.stx_dev_minor;
}

// Why nothing can be renamed to that path; null: nothing is in the way.
const char* obstacle(const std::string& path) {
    const std::string name = files::path(path).filename();
    if (name.empty() || name == "." || name == "..") return "is no name of a directory to be made";
    std::error_code error;
    if (files::is_symlink(path, error)) return "is a symbolic link";
    return is_mounted(path) ? "is a mount point" : nullptr;
}

}  // namespace

bool lies_within(const std::string& path, const std::string& directory) {
    std::error_code error;
    const auto outer = files::weakly_canonical(directory, error);
    if (directory.empty() || error) return false;
    const auto inner = files::weakly_canonical(path, error);
    return !error && std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first ==
                         outer.end();
}

Result<NewDirectory> NewDirectory::make(const std::string& path, const std::string& from) {
    std::error_code error;
    NewDirectory made(without_slash(path));
    if (const char* why = obstacle(made.path_))
        return fail(Code::invalid_argument,
                    concat("'", made.path_, "' ", why, ": name a new directory inside it"));
    if (lies_within(made.path_, from))
        return fail(Code::invalid_argument, concat("'", made.path_, "' lies within ", from));
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
