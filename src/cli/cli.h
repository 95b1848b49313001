// SPDX-License-Identifier: Apache-2.0
// cli: the commands that talk to a running server: streams, put, tail, bench.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace CLI {
class App;
}

namespace fors::env {
class Random;
}
namespace fors::load {
class Threads;
}

namespace fors::cli {

// What the commands need of the world besides standard input and output; given by main.
struct Console {
    std::function<void(int ms)> sleep;
    std::function<int64_t()> now_ms;
    // What there is of standard input, at most `bytes`; waits for the first only. Empty: the end.
    std::function<std::string(size_t bytes)> read_input;
    bool terminal = false;  // somebody looks on: colours, progress
    // A host's numeric address; asks the name service where it must.
    std::function<Result<std::string>(const std::string& host)> resolve;
    std::shared_ptr<env::Random> random;
    std::shared_ptr<load::Threads> threads;  // for loads
};

// The commands' callbacks keep it.
using ConsoleRef = std::shared_ptr<const Console>;

// Parsing runs the command and leaves its exit code: 0, 1 when a call failed, 2 for wrong usage.
void add_commands(CLI::App& app, const ConsoleRef& console, int& exit_code);

// Makes control characters harmless and what is no text readable: \n, \x1b.
std::string printable(std::string_view text);

}  // namespace fors::cli
