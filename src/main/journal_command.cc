// SPDX-License-Identifier: Apache-2.0
// The commands that look at the journal's files directly, without a server.
#include "journal_command.h"

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "host/disk.h"
#include "journal/dump.h"
#include "journal/verify.h"
#include "offline.h"
#include "salvage_command.h"

namespace fors {

namespace {

struct Options {
    std::string path;
    journal::DumpOptions dump;
};

int dump(const Options& options) {
    const std::filesystem::path path(options.path);
    auto disk = host::open_disk(path.has_parent_path() ? path.parent_path().string() : ".");
    if (!disk) return complain(disk.error());
    auto damages =
        run_here(journal::dump(**disk, path.filename().string(), options.dump, print_line));
    if (!damages) return complain(damages.error());
    return *damages == 0 ? exit_clean : exit_damaged;
}

Result<journal::Verified> verified(const cli::Console& console, env::Disk& disk) {
    auto bytes = run_here(journal::bytes_of_files(disk));
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    ShownPace pace(console, "verifying", *bytes);
    return run_here(journal::verify(disk, pace));
}

int verify(const cli::Console& console, const Options& options) {
    auto quiet = open_quiet(options.path);
    if (!quiet) return complain(quiet.error());
    auto found = verified(console, *quiet->disk);
    if (!found) return complain({found.error().code, options.path + ": " + found.error().message});
    print_findings(found->findings);
    print_line(found->summary());
    return found->damages() == 0 ? exit_clean : exit_damaged;
}

}  // namespace

void add_journal_command(CLI::App& app, const cli::ConsoleRef& console, int& exit_code) {
    const auto options = std::make_shared<Options>();
    CLI::App* journal = app.add_subcommand("journal", "Look into the files of a data directory");
    journal->require_subcommand(1);

    CLI::App* dumping = journal->add_subcommand("dump", "What a .segment or .chunk file holds");
    dumping->add_option("FILE", options->path, "The file")->required()->check(CLI::ExistingFile);
    dumping->add_flag("--records", options->dump.records, "A line for each record as well");
    dumping->callback([options, &exit_code] { exit_code = dump(*options); });

    CLI::App* verifying =
        journal->add_subcommand("verify", "Check every checksum of a data directory");
    verifying->add_option("DIR", options->path, "The data directory, or a backup")
        ->required()
        ->check(CLI::ExistingDirectory);
    verifying->footer(
        "Changes nothing; no server may run in DIR (`fors verify` asks a running one). The exit "
        "code is 0 when all is well, 1 when there is damage, 2 when DIR could not be checked.");
    verifying->callback([console, options, &exit_code] { exit_code = verify(*console, *options); });
    add_salvage_command(*journal, console, exit_code);
}

}  // namespace fors
