// SPDX-License-Identifier: Apache-2.0
// What the commands share that let a server work on its own files: verify, backup.
#pragma once

#include "cli/session.h"

namespace fors::cli {

// Starts it, shows how far it is, and gives the page's last answer once it has ended.
Result<Json> await_upkeep(Session& session, std::string_view page, std::string_view what,
                          std::string_view request);

void print_findings(Json status);

}  // namespace fors::cli
