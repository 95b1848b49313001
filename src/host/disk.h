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

}  // namespace fors::host
