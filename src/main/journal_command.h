// SPDX-License-Identifier: Apache-2.0
// `fors journal`: looks into data files.
#pragma once

#include "cli/cli.h"

namespace fors {

// Adds the subcommand; parsing runs it and leaves its exit code: 0, 1 when damage was found, 2 when
// nothing could be.
void add_journal_command(CLI::App& app, const cli::ConsoleRef& console, int& exit_code);

}  // namespace fors
