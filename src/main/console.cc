// SPDX-License-Identifier: Apache-2.0
// The console as POSIX has it.
#include "console.h"

#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "bench_threads.h"
#include "host/clock.h"

namespace fors {

namespace {

// read(2) gives what there is, so that a line typed or piped slowly goes out at once.
std::string read_input(size_t bytes) {
    std::string text(bytes, '\0');
    ssize_t got = -1;
    do got = ::read(STDIN_FILENO, text.data(), bytes);
    while (got < 0 && errno == EINTR);
    text.resize(got > 0 ? static_cast<size_t>(got) : 0);
    return text;
}

}  // namespace

cli::Console make_console() {
    return {.sleep = [](int ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); },
            .now_ms = [] { return host::Clock().wall_ms(); },
            .read_input = read_input,
            .terminal = isatty(STDOUT_FILENO) == 1 && isatty(STDERR_FILENO) == 1,
            .resolve = resolve,
            .random = std::make_shared<host::Random>(),
            .threads = make_bench_threads()};
}

}  // namespace fors
