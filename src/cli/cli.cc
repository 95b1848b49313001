// SPDX-License-Identifier: Apache-2.0
// All commands together.
#include "cli/cli.h"

#include "cli/session.h"

namespace fors::cli {

void add_commands(CLI::App& app, const ConsoleRef& console, int& exit_code) {
    add_streams(app, console, exit_code);
    add_put(app, console, exit_code);
    add_tail(app, console, exit_code);
    add_verify(app, console, exit_code);
    add_backup(app, console, exit_code);
    add_bench(app, console, exit_code);
}

}  // namespace fors::cli
