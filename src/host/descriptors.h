// SPDX-License-Identifier: Apache-2.0
// How many files and connections the process may have open.
#pragma once

#include <cstddef>

namespace fors::host {

// Raises the limit as far as the system lets us, and says what it is then. At the start of the
// process.
size_t raise_descriptor_limit();

}  // namespace fors::host
