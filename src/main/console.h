// SPDX-License-Identifier: Apache-2.0
// The process's terminal, standard input and clock for the commands of cli.
#pragma once

#include "cli/cli.h"

namespace fors {

cli::Console make_console();

}  // namespace fors
