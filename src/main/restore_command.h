// SPDX-License-Identifier: Apache-2.0
// `fors restore`: a data directory out of a backup. (`fors backup` asks a running server: cli.)
#pragma once

#include "cli/cli.h"

namespace fors {

void add_restore_command(CLI::App& app, const cli::ConsoleRef& console, int& exit_code);

}  // namespace fors
