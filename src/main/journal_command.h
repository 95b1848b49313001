// SPDX-License-Identifier: Apache-2.0
// `fors journal dump FILE`: what a journal or chunk file holds.
#pragma once

namespace CLI {
class App;
}

namespace fors {

// Parsing runs the command and leaves its exit code: 0, 1 when the file is damaged or can't be
// read.
void add_journal_command(CLI::App& app, int& exit_code);

}  // namespace fors
