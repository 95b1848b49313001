// SPDX-License-Identifier: Apache-2.0
// Disk: a directory of the file system; every task completes on the calling thread, which it
// blocks.
#pragma once

#include <memory>
#include <string>

#include "env/disk.h"

namespace fors::host {

// Opens the data directory, making it (mode 0700) when it is missing.
Result<std::unique_ptr<env::Disk>> open_disk(const std::string& directory);

// Keeps servers away from a directory without changing anything in it. Null where none ever ran (a
// copy without its LOCK); Code::in_use while one runs there.
Result<std::unique_ptr<env::DirectoryLock>> lock_for_reading(const std::string& directory);

// What was made, renamed or removed in a directory survives a crash once this returns.
Result<> sync_directory(const std::string& directory);

}  // namespace fors::host
