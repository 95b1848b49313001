// SPDX-License-Identifier: Apache-2.0
#include "offline.h"

#include <cstdio>

#include "host/disk.h"

namespace fors {

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

}  // namespace fors
