// SPDX-License-Identifier: Apache-2.0
// fors backup: a running server copies what it holds into a directory of its machine.
#include <filesystem>

#include "cli/progress.h"
#include "cli/session.h"
#include "cli/upkeep.h"

namespace fors::cli {

namespace {

constexpr std::string_view page = "/_fors/backup";

struct BackupOptions {
    ConnectionOptions connection;
    std::string directory;
    bool with_root_key = false;
    int mib_per_second = 0;
};

int backup(Session& session, const BackupOptions& options) {
    std::error_code error;
    const std::string directory = std::filesystem::absolute(options.directory, error).string();
    std::string body = R"({"directory":)" + client::json_string(directory);
    if (options.with_root_key) body += R"(,"with_root_key":true)";
    if (options.mib_per_second > 0)
        body += R"(,"mib_per_second":)" + std::to_string(options.mib_per_second);
    auto status = await_upkeep(session, page, "backing up", body + "}");
    if (!status) return complain(status.error().message, exit_usage);
    if (text_of(*status, "state") != "done")
        return complain("no backup was made: " + std::string(text_of(*status, "error")),
                        exit_usage);
    print_findings(*status);
    print(directory + ": " + std::string(text_of(*status, "summary")) + "\n");
    print(
        options.with_root_key
            ? "root.key is in the backup: whoever has it can read what is encrypted.\n"
            : "root.key is not in the backup. Keep a copy of it apart: without it nothing that is "
              "encrypted can be read.\n");
    return number_of(*status, "damages") == 0 ? exit_ok : exit_failed;
}

}  // namespace

void add_backup(CLI::App& app, const ConsoleRef& console, int& exit_code) {
    const auto options = std::make_shared<BackupOptions>();
    CLI::App* command = app.add_subcommand("backup", "Let a running server make a backup");
    command->add_option("DEST", options->directory, "On the server's machine; new or empty")
        ->required();
    command->add_flag("--with-root-key", options->with_root_key,
                      "Put root.key into the backup as well (default: keep it apart)");
    command
        ->add_option("--mib-per-second", options->mib_per_second,
                     "How fast it may be made (default: 256)")
        ->check(CLI::Range(1, 1 << 20));
    add_connection(*command, options->connection);
    command->footer(
        "All that was acknowledged when it began, and nothing else; serving goes on. DEST comes to "
        "be whole and verified, or not at all. Who may ask is as with fors verify. Exit code: 0, 1 "
        "when the backup holds damage (of the server's own files), 2 when none was made.\n\n"
        "Back to a data directory: fors restore DEST DIR");
    command->callback([console, options, &exit_code] {
        Session session(*console, options->connection);
        exit_code = backup(session, *options);
    });
}

}  // namespace fors::cli
