// SPDX-License-Identifier: Apache-2.0
// `fors journal salvage`: what can be read of a damaged data directory.
#pragma once

#include "cli/cli.h"

namespace fors {

void add_salvage_command(CLI::App& journal, const cli::ConsoleRef& console, int& exit_code);

}  // namespace fors
