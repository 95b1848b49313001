// SPDX-License-Identifier: Apache-2.0
// `fors serve`: the server, wired.
#pragma once

#include "options.h"

namespace fors {

// Runs until a signal ends it; the process's exit code.
int serve(const ServeOptions& options);

}  // namespace fors
