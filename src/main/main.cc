// SPDX-License-Identifier: Apache-2.0
// The command line of fors.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "console.h"
#include "journal_command.h"
#include "limits.h"
#include "options.h"
#include "restore_command.h"
#include "serve.h"
#include "shapes.h"

namespace {

constexpr int goes_on = -1;

// The exit code when that was all: --help, --version, wrong usage.
int parse(CLI::App& app, int argc, char** argv) {
    const auto parsed = [&]() -> int {
        CLI11_PARSE(app, argc, argv);
        return goes_on;
    };
    const int code = parsed();
    return code <= 0 ? code : 2;
}

std::string usage_message(const CLI::App*, const CLI::Error& error) {
    return std::string("fors: ") + error.what() + "\nRun with --help for more information.\n";
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"fors: a self-hosted event stream that speaks the AWS Kinesis API"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "fors 0.1.0");
    app.failure_message(usage_message);
    fors::ServeOptions options;
    int exit_code = 0;
    CLI::App* serve = app.add_subcommand("serve", "Start the server");
    fors::add_options(*serve, options);
    const auto console = std::make_shared<const fors::cli::Console>(fors::make_console());
    fors::cli::add_commands(app, console, exit_code);
    fors::add_journal_command(app, console, exit_code);
    fors::add_restore_command(app, console, exit_code);
    CLI::App* shapes = app.add_subcommand("shapes", "Print the API's shapes as JSON");
    CLI::App* limits = app.add_subcommand("limits", "Print every limit of the service");
    if (const int code = parse(app, argc, argv); code != goes_on) return code;
    if (serve->parsed()) return fors::serve(options);
    if (shapes->parsed()) std::fputs(fors::describe_shapes().c_str(), stdout);
    if (limits->parsed()) std::fputs(fors::describe_limits().c_str(), stdout);
    return exit_code;
}
