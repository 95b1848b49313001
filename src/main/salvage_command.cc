// SPDX-License-Identifier: Apache-2.0
#include "salvage_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/size_text.h"
#include "journal/salvage.h"
#include "kms/root_key.h"
#include "new_directory.h"
#include "offline.h"
#include "root_key_copy.h"

namespace fors {

namespace {

struct Options {
    std::string from;
    std::string to;
};

Result<journal::Salvaged> salvage(const cli::Console& console, env::Disk& from, env::Disk& to) {
    auto bytes = run_here(journal::bytes_of_files(from));
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    ShownPace pace(console, "salvaging", *bytes);
    return run_here(journal::salvage(from, to, pace));
}

// What was written is read once more, from the disk.
Result<> check(const cli::Console& console, env::Disk& disk) {
    auto bytes = run_here(journal::bytes_of_files(disk));
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    ShownPace pace(console, "verifying", *bytes);
    auto verified = run_here(journal::verify(disk, pace));
    if (!verified) return std::unexpected(std::move(verified.error()));
    if (verified->damages() == 0) return {};
    return fail(Code::io_failed,
                "what was written can't be read back: " + text_of(verified->findings.front()));
}

// What is to be said of the root key.
std::string key_line(env::Disk& disk, bool copied) {
    if (!copied) return "There was no root.key: give it to the server as before.";
    auto key = run_here(kms::read_root_key(disk));
    return key ? "root.key was copied, too." : "note     " + key.error().message;
}

void report(const journal::Salvaged& salvaged, const Options& options, const std::string& key) {
    print_findings(salvaged.findings);
    for (const journal::Lost& lost : salvaged.lost) print_line("LOST     " + text_of(lost));
    const uint64_t lost = salvaged.records_lost();
    print_line(options.to + ": " + count_text(salvaged.records, "record") + " of " +
               count_text(salvaged.shards, "shard") + ", " + size_text(salvaged.bytes) + ", in " +
               count_text(salvaged.chunks, "chunk") + "; " +
               (lost == 0 ? "nothing is known to be lost" : count_text(lost, "record") + " lost"));
    for (const std::string& warning : salvaged.warnings()) print_line("note     " + warning);
    print_line(key);
}

int salvage_to(const cli::Console& console, const Options& options) {
    auto quiet = open_quiet(options.from);
    if (!quiet) return complain(quiet.error());
    auto made = NewDirectory::make(options.to, options.from);
    if (!made) return complain(made.error());
    auto salvaged = salvage(console, *quiet->disk, made->disk());
    if (!salvaged)
        return complain({salvaged.error().code, options.from + ": " + salvaged.error().message});
    auto copied = copy_root_key(*quiet->disk, made->disk());
    if (!copied) return complain(copied.error());
    const std::string key = key_line(made->disk(), copied->has_value());
    auto done = check(console, made->disk());
    if (done) done = made->finish();
    if (!done) return complain(done.error());
    report(*salvaged, options, key);
    const bool damaged = std::ranges::any_of(salvaged->findings, [](const auto& finding) {
        return finding.kind == journal::Finding::Kind::damage;
    });
    return damaged || !salvaged->lost.empty() ? exit_damaged : exit_clean;
}

}  // namespace

void add_salvage_command(CLI::App& journal, const cli::ConsoleRef& console, int& exit_code) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = journal.add_subcommand(
        "salvage", "Copy all that is readable out of a damaged data directory");
    command->add_option("DIR", options->from, "The data directory; it stays as it is")
        ->required()
        ->check(CLI::ExistingDirectory);
    command->add_option("NEW_DIR", options->to, "Where a server can start then; new or empty")
        ->required();
    command->footer(
        "Lists what is damaged, and which records are lost. Records keep their sequence numbers "
        "and "
        "times; root.key is copied when it is in DIR. Exit code: 0 when DIR was whole, 1 when it "
        "was damaged, 2 when nothing came about.");
    command->callback(
        [console, options, &exit_code] { exit_code = salvage_to(*console, *options); });
}

}  // namespace fors
