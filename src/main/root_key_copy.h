// SPDX-License-Identifier: Apache-2.0
// The root key beside the data, from one directory to another.
#pragma once

#include "env/disk.h"

namespace fors {

// False: there is none in `from`. Of disks that complete each task on this thread.
Result<bool> copy_root_key(env::Disk& from, env::Disk& to);

}  // namespace fors
