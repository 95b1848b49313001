// SPDX-License-Identifier: Apache-2.0
// Handlers for all of it, as the first process of a container has no others.
#include "host/signals.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace fors::host {

namespace {

volatile sig_atomic_t code_at_signals = 0;
volatile sig_atomic_t code_at_limit = 0;

void on_limit(int) {
    constexpr std::string_view said = "fors: the orderly end took too long, ended at once\n";
    (void)!write(STDERR_FILENO, said.data(), said.size());
    std::_Exit(code_at_limit);
}

}  // namespace

sigset_t stop_signals() {
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    return signals;
}

void block_signals() {
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    signal(SIGPIPE, SIG_IGN);
}

void end_at_signals(int exit_code) {
    code_at_signals = exit_code;
    for (const int each : {SIGTERM, SIGINT}) signal(each, [](int) { std::_Exit(code_at_signals); });
    const sigset_t signals = stop_signals();
    pthread_sigmask(SIG_UNBLOCK, &signals, nullptr);
}

void end_after(std::chrono::seconds limit, int exit_code) {
    code_at_limit = exit_code;
    signal(SIGALRM, on_limit);
    alarm(static_cast<unsigned>(limit.count()));
}

}  // namespace fors::host
