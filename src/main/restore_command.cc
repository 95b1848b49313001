// SPDX-License-Identifier: Apache-2.0
#include "restore_command.h"

#include <CLI/CLI.hpp>
#include <memory>

#include "base/size_text.h"
#include "journal/backup.h"
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

// The exit code.
int complain_of(const std::string& directory, const Error& error) {
    complain({error.code, directory + ": " + error.message});
    return error.code == Code::corrupt ? exit_damaged : exit_not_done;
}

// Of a backup no server runs in; all of it must be there and whole.
Result<journal::Manifest> checked(const cli::Console& console, env::Disk& disk) {
    auto manifest = run_here(journal::read_manifest(disk));
    if (!manifest) return manifest;
    auto bytes = run_here(journal::bytes_of_files(disk));
    if (!bytes) return std::unexpected(std::move(bytes.error()));
    ShownPace pace(console, "verifying", *bytes);
    auto verified = run_here(journal::verify(disk, pace));
    if (!verified) return std::unexpected(std::move(verified.error()));
    if (verified->damages() == 0) return manifest;
    print_findings(verified->findings);
    return fail(Code::corrupt,
                "the backup is damaged: what is readable of it can be had by `fors journal "
                "salvage`");
}

// Whether it is in the backup: somebody may have taken it out to keep it apart. The manifests of
// older versions have no sum of it.
Result<bool> restore_root_key(env::Disk& from, env::Disk& to, const journal::Manifest& manifest) {
    auto copied = copy_root_key(from, to);
    if (!copied) return std::unexpected(std::move(copied.error()));
    if (!*copied) return false;
    const auto& listed = manifest.beside;
    if (listed && ((*copied)->bytes != listed->bytes || (*copied)->crc32c != listed->crc32c))
        return fail(Code::corrupt, listed->path + " is not what the manifest says");
    auto key = run_here(kms::read_root_key(to));
    if (!key) return fail(Code::corrupt, key.error().message);
    return true;
}

int restore(const cli::Console& console, const Options& options) {
    auto quiet = open_quiet(options.from);
    if (!quiet) return complain(quiet.error());
    auto made = NewDirectory::make(options.to, options.from);
    if (!made) return complain(made.error());
    auto manifest = checked(console, *quiet->disk);
    if (!manifest) return complain_of(options.from, manifest.error());
    uint64_t bytes = 0;
    for (const auto& file : manifest->files) bytes += file.bytes;
    Result<> done{};
    {
        ShownPace pace(console, "restoring", bytes);
        done = run_here(journal::restore(*quiet->disk, made->disk(), *manifest, pace));
    }
    if (!done) return complain_of(options.from, done.error());
    auto with_key = restore_root_key(*quiet->disk, made->disk(), *manifest);
    if (!with_key) return complain_of(options.from, with_key.error());
    done = made->finish();
    if (!done) return complain(done.error());
    print_line(options.to + ": " + count_text(manifest->files.size(), "chunk") + ", " +
               size_text(bytes) + ", as of " + journal::iso_time(manifest->made_ms));
    print_line(*with_key
                   ? "root.key was in the backup and is restored, too."
                   : "root.key is not in the backup: put the key you kept into " + options.to +
                         "/root.key, or give it by FORS_ROOT_KEY or --root-key-file.");
    return exit_clean;
}

}  // namespace

void add_restore_command(CLI::App& app, const cli::ConsoleRef& console, int& exit_code) {
    const auto options = std::make_shared<Options>();
    CLI::App* command = app.add_subcommand("restore", "Make a data directory out of a backup");
    command->add_option("BACKUP", options->from, "Made by fors backup; it stays as it is")
        ->required()
        ->check(CLI::ExistingDirectory);
    command->add_option("DIR", options->to, "The data directory to be made; new or empty")
        ->required();
    command->footer(
        "The backup is verified first, and every copied file held against its manifest; DIR comes "
        "to be whole or not at all. A server needs the root key that was in use at the time of the "
        "backup: it is restored when the backup was made with --with-root-key. Exit code: 0, 1 "
        "when the backup is damaged, 2 when nothing came about for another reason.");
    command->callback([console, options, &exit_code] { exit_code = restore(*console, *options); });
}

}  // namespace fors
