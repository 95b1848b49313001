// SPDX-License-Identifier: Apache-2.0
// The root key beside the data, from one directory to another.
#pragma once

#include <optional>

#include "env/disk.h"
#include "journal/manifest.h"

namespace fors {

// As it is; nothing: there is none in `from`. Of disks that complete each task on this thread.
Result<std::optional<journal::Manifest::File>> copy_root_key(env::Disk& from, env::Disk& to);

}  // namespace fors
