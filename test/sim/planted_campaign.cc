// SPDX-License-Identifier: Apache-2.0
// Mutation of ourselves: each planted bug (base/planted.h) must be found by the campaign within so
// many seeds. FORS_SEEDS=N (default 400) is how many; FORS_BUG=name tries that one alone.
//
// A bug runs in a process of its own: an assertion that fails, or a hang, finds it, too.
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>

#include "base/planted.h"
#include "campaign.h"

namespace fors::test {
namespace {

constexpr time_t seconds_max = 20;  // of the processor, for a seed

// What a child leaves behind.
struct Found {
    uint64_t seed;
    char fault[120];
};

// In the child.
int hunt(Bug bug, uint64_t seeds, Found& found) {
    planted_bug = bug;
    for (uint64_t seed = 1; seed <= seeds; ++seed) {
        const itimerval limit{.it_interval = {}, .it_value = {.tv_sec = seconds_max, .tv_usec = 0}};
        setitimer(ITIMER_VIRTUAL, &limit, nullptr);
        found.seed = seed;
        Totals totals;
        const auto faults = Campaign(seed).run(totals);
        if (faults.empty()) continue;
        std::snprintf(found.fault, sizeof(found.fault), "%s", faults.front().c_str());
        return 1;
    }
    return 0;
}

// True when it was found.
bool try_bug(Bug bug, uint64_t seeds) {
    void* shared =
        mmap(nullptr, sizeof(Found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    auto* found = new (shared) Found{};
    const pid_t child = fork();
    if (child == 0) _exit(hunt(bug, seeds, *found));
    int status = 0;
    waitpid(child, &status, 0);
    const bool missed = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (WIFSIGNALED(status))
        std::snprintf(found->fault, sizeof(found->fault), "%s",
                      WTERMSIG(status) == SIGVTALRM ? "it hangs" : strsignal(WTERMSIG(status)));
    std::printf("%-34s %6s %5llu  %s\n", bug_names[static_cast<size_t>(bug)].data(),
                missed ? "MISSED" : "found", static_cast<unsigned long long>(found->seed),
                found->fault);
    std::fflush(stdout);
    munmap(shared, sizeof(Found));
    return !missed;
}

}  // namespace
}  // namespace fors::test

int main() {
    const char* seeds_text = std::getenv("FORS_SEEDS");
    const uint64_t seeds = seeds_text ? std::strtoull(seeds_text, nullptr, 10) : 400;
    const char* only = std::getenv("FORS_BUG");
    int missed = 0;
    std::printf("%-34s %6s %5s  %s\n", "bug", "", "seed", "what the checker said");
    for (size_t at = 1; at < fors::bug_names.size(); ++at) {
        if (only && fors::bug_names[at] != only) continue;
        missed += !fors::test::try_bug(static_cast<fors::Bug>(at), seeds);
    }
    std::printf("%d missed within %llu seeds\n", missed, static_cast<unsigned long long>(seeds));
    return missed > 0;
}
