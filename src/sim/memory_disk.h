// SPDX-License-Identifier: Apache-2.0
// A disk in memory, without faults: what --ephemeral runs on. Thread-safe; every task completes at
// once.
#pragma once

#include <memory>

#include "env/disk.h"

namespace fors::sim {

std::unique_ptr<env::Disk> make_memory_disk();

}  // namespace fors::sim
