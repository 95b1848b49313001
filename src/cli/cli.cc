// SPDX-License-Identifier: Apache-2.0
// All commands together.
#include "cli/cli.h"

#include <memory>

#include "cli/session.h"

namespace fors::cli {

void add_commands(CLI::App& app, Console console, int& exit_code) {
    const auto shared = std::make_shared<const Console>(std::move(console));
    add_streams(app, shared, exit_code);
    add_put(app, shared, exit_code);
    add_tail(app, shared, exit_code);
}

}  // namespace fors::cli
