// SPDX-License-Identifier: Apache-2.0
// The command line of fors.
#include <CLI/CLI.hpp>
#include <cstdio>

#include "options.h"
#include "serve.h"
#include "shapes.h"

int main(int argc, char** argv) {
    CLI::App app{"fors: a self-hosted event stream that speaks the AWS Kinesis API"};
    app.require_subcommand(1);
    app.set_version_flag("--version", "fors 0.1.0");
    fors::ServeOptions options;
    CLI::App* serve = app.add_subcommand("serve", "Start the server");
    fors::add_options(*serve, options);
    CLI::App* shapes = app.add_subcommand("shapes", "Print the API's shapes as JSON");
    CLI11_PARSE(app, argc, argv);
    if (serve->parsed()) return fors::serve(options);
    if (shapes->parsed()) std::fputs(fors::describe_shapes().c_str(), stdout);
    return 0;
}
