// SPDX-License-Identifier: Apache-2.0
// The commands that look at the journal's files directly, without a server.
#include "journal_command.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>

#include "host/disk.h"
#include "journal/dump.h"

namespace fors {

namespace {

struct Options {
    std::string file;
    journal::DumpOptions dump;
};

void print_line(std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
}

env::Task<void> dump_to(env::Disk& disk, std::string name, journal::DumpOptions options,
                        Result<uint64_t>& outcome) {
    outcome = co_await journal::dump(disk, std::move(name), options, print_line);
}

int dump(const Options& options) {
    const std::filesystem::path path(options.file);
    auto disk = host::open_disk(path.has_parent_path() ? path.parent_path().string() : ".");
    Result<uint64_t> damages = disk ? Result<uint64_t>(0) : std::unexpected(disk.error());
    // The machine's disk completes each task on this thread.
    if (disk) env::spawn(dump_to(**disk, path.filename().string(), options.dump, damages));
    if (!damages) {
        std::fprintf(stderr, "fors: %s\n", damages.error().message.c_str());
        return 1;
    }
    return *damages == 0 ? 0 : 1;
}

}  // namespace

void add_journal_command(CLI::App& app, int& exit_code) {
    const auto options = std::make_shared<Options>();
    CLI::App* journal = app.add_subcommand("journal", "Look into the files of a data directory");
    journal->require_subcommand(1);
    CLI::App* command = journal->add_subcommand("dump", "What a .segment or .chunk file holds");
    command->add_option("FILE", options->file, "The file")->required()->check(CLI::ExistingFile);
    command->add_flag("--records", options->dump.records, "A line for each record as well");
    command->callback([options, &exit_code] { exit_code = dump(*options); });
}

}  // namespace fors
