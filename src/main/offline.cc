// SPDX-License-Identifier: Apache-2.0
#include "offline.h"

#include <cstdio>

#include "host/disk.h"

namespace fors {

namespace {

std::string count(uint64_t number, std::string_view of) {
    return std::to_string(number) + " " + std::string(of) + (number == 1 ? "" : "s");
}

}  // namespace

Result<QuietDirectory> open_quiet(const std::string& directory) {
    QuietDirectory quiet;
    auto lock = host::lock_for_reading(directory);
    if (!lock) return std::unexpected(std::move(lock.error()));
    auto disk = host::open_disk(directory);
    if (!disk) return std::unexpected(std::move(disk.error()));
    return QuietDirectory{std::move(*disk), std::move(*lock)};
}

void print_line(std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
}

int complain(const Error& error) {
    std::fflush(stdout);
    std::fprintf(stderr, "fors: %s\n", error.message.c_str());
    return exit_not_done;
}

void print_findings(const std::vector<journal::Finding>& findings) {
    for (const journal::Finding& finding : findings)
        print_line((finding.kind == journal::Finding::Kind::damage ? "DAMAGED  " : "note     ") +
                   text_of(finding));
}

std::string summary(const journal::Verified& verified) {
    const journal::VerifyFigures& figures = verified.figures;
    const std::string trimmed = figures.blocks_trimmed > 0
                                    ? " (" + std::to_string(figures.blocks_trimmed) + " trimmed)"
                                    : "";
    return count(figures.chunks, "chunk") + ", " + count(figures.blocks, "block") + trimmed + ", " +
           count(figures.segments, "segment") + ", " + std::to_string(figures.batches) +
           (figures.batches == 1 ? " batch, " : " batches, ") + count(figures.records, "record") +
           " of " + count(figures.shards, "shard") + ", " + cli::bytes_text(figures.bytes) + ": " +
           (verified.damages() == 0 ? "no damage found"
                                    : count(verified.damages(), "damage") + " found");
}

}  // namespace fors
