// SPDX-License-Identifier: Apache-2.0
// What the commands that work on the files of a data directory have in common: no server may run
// there; how far they are is shown; what they found is printed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/progress.h"
#include "env/disk.h"
#include "journal/finding.h"
#include "journal/pace.h"
#include "journal/verify.h"

namespace fors {

inline constexpr int exit_clean = 0;
inline constexpr int exit_damaged = 1;  // of verify, salvage, backup, restore
inline constexpr int exit_not_done = 2;

// A directory that no server runs in, as long as this lives.
struct QuietDirectory {
    std::unique_ptr<env::Disk> disk;
    std::unique_ptr<env::DirectoryLock> lock;
};
Result<QuietDirectory> open_quiet(const std::string& directory);

// Shows how far a command is.
class ShownPace final : public journal::Pace {
public:
    ShownPace(const cli::Console& console, std::string_view what, uint64_t total)
        : progress_(console), what_(what), total_(total) {}
    env::Task<bool> took(size_t bytes) override {
        skipped(bytes);
        co_return true;
    }
    void skipped(size_t bytes) override { progress_.show_bytes(what_, done_ += bytes, total_); }

private:
    cli::Progress progress_;
    std::string what_;
    uint64_t done_ = 0;
    uint64_t total_;
};

// Waits for a task that never leaves this thread: the machine's disk completes each on it.
template <class T>
Result<T> run_here(env::Task<Result<T>> task) {
    std::optional<Result<T>> outcome;
    const auto keep = [](env::Task<Result<T>> from,
                         std::optional<Result<T>>& to) -> env::Task<void> {
        to.emplace(co_await std::move(from));
    };
    env::spawn(keep(std::move(task), outcome));
    return std::move(*outcome);
}

void print_line(std::string_view line);
int complain(const Error& error);  // gives exit_not_done

// "DAMAGED  file at offset n: ..." or "note     ...", a line each.
void print_findings(const std::vector<journal::Finding>& findings);

}  // namespace fors
