// SPDX-License-Identifier: Apache-2.0
// fors verify: a running server checks its own files.
#include "cli/upkeep.h"

namespace fors::cli {

namespace {

constexpr std::string_view page = "/_fors/verify";
struct VerifyOptions {
    ConnectionOptions connection;
    int mib_per_second = 0;
    bool stop = false;
};

int verify(Session& session, const VerifyOptions& options) {
    if (options.stop) {
        auto stopped = session.page("DELETE", page);
        return stopped ? exit_ok : complain(stopped.error().message, exit_usage);
    }
    std::string body = "{}";
    if (options.mib_per_second > 0)
        body = R"({"mib_per_second":)" + std::to_string(options.mib_per_second) + "}";
    auto status = await_upkeep(session, page, "verifying", body);
    if (!status) return complain(status.error().message, exit_usage);
    if (text_of(*status, "state") != "done")
        return complain("not verified: " + std::string(text_of(*status, "error")), exit_usage);
    print_findings(*status);
    print(std::string(text_of(*status, "summary")) + "\n");
    return number_of(*status, "damages") == 0 ? exit_ok : exit_failed;
}

}  // namespace

void add_verify(CLI::App& app, const ConsoleRef& console, int& exit_code) {
    const auto options = std::make_shared<VerifyOptions>();
    CLI::App* command =
        app.add_subcommand("verify", "Let a running server check every checksum of its files");
    command
        ->add_option("--mib-per-second", options->mib_per_second,
                     "How fast it may read (default: 64)")
        ->check(CLI::Range(1, 1 << 20));
    command->add_flag("--stop", options->stop, "Stop a verification that is under way");
    add_connection(*command, options->connection);
    command->footer(
        "Serving goes on. With credentials configured the server listens to its root credentials "
        "alone, in open mode to its own machine. The exit code is 0 when all is well, 1 when there "
        "is damage, 2 when the server could not be asked.\n\n"
        "A directory that no server runs in: fors journal verify DIR");
    command->callback([console, options, &exit_code] {
        Session session(*console, options->connection);
        exit_code = verify(session, *options);
    });
}

}  // namespace fors::cli
