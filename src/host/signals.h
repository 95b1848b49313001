// SPDX-License-Identifier: Apache-2.0
// What SIGTERM and SIGINT do to the process while no reactor takes them (Reactor::on_signal).
#pragma once

#include <signal.h>

#include <chrono>

namespace fors::host {

sigset_t stop_signals();  // SIGTERM and SIGINT

// SIGTERM, SIGINT and SIGPIPE no longer interrupt this thread nor those it starts; call first of
// all.
void block_signals();

// From now on SIGTERM and SIGINT end the process at once, one that was blocked so far, too; until
// block_signals(). Called on the one thread that doesn't block them.
void end_at_signals(int exit_code);

// Ends the process when it is still there by then, whatever its threads do.
void end_after(std::chrono::seconds limit, int exit_code);

}  // namespace fors::host
