// SPDX-License-Identifier: Apache-2.0
// The command line of fors.
#include <CLI/CLI.hpp>

#include "options.h"
#include "serve.h"

int main(int argc, char** argv) {
    CLI::App app{"fors: a self-hosted event stream that speaks the AWS Kinesis API"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "fors 0.1.0");
    fors::ServeOptions options;
    CLI::App* serve = app.add_subcommand("serve", "Start the server");
    fors::add_options(*serve, options);
    CLI11_PARSE(app, argc, argv);
    if (serve->parsed()) return fors::serve(options);
    return 0;
}
