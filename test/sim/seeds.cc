// SPDX-License-Identifier: Apache-2.0
#include "seeds.h"

#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>

#include "base/assert.h"

namespace fors::test {
namespace {

constexpr uint64_t seeds_a_process = 100;  // each leaves some 3 MiB behind
constexpr time_t seconds_max = 60;         // of the processor, for a seed

// What a child leaves behind.
struct Found {
    Totals totals;
    uint64_t seed = 0;
    char fault[4000] = {};
};
static_assert(std::is_trivially_copyable_v<Found>);

// In the child.
int run_some(uint64_t first, uint64_t count, Found& found) {
    for (found.seed = first; found.seed < first + count; ++found.seed) {
        const itimerval limit{.it_interval = {}, .it_value = {.tv_sec = seconds_max, .tv_usec = 0}};
        setitimer(ITIMER_VIRTUAL, &limit, nullptr);
        std::string all;
        for (const std::string& fault : Campaign(found.seed).run(found.totals)) all += fault + "\n";
        if (all.empty()) continue;
        std::snprintf(found.fault, sizeof(found.fault), "%s", all.c_str());
        return 1;
    }
    return 0;
}

std::optional<Failure> run_apart(uint64_t first, uint64_t count, Found& found) {
    const pid_t child = fork();
    FORS_ASSERT(child >= 0);  // or nothing would run, and nothing be found
    if (child == 0) _exit(run_some(first, count, found));
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return std::nullopt;
    if (!WIFSIGNALED(status)) return Failure{found.seed, found.fault};
    const int signal = WTERMSIG(status);
    return Failure{found.seed,
                   std::string(signal == SIGVTALRM ? "it hangs" : strsignal(signal)) + "\n"};
}

}  // namespace

std::optional<Failure> run_seeds(uint64_t first, uint64_t count, Totals& totals,
                                 const std::function<bool()>& goes_on) {
    void* shared =
        mmap(nullptr, sizeof(Found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FORS_ASSERT(shared != MAP_FAILED);
    auto* found = new (shared) Found{.totals = totals};
    std::optional<Failure> failure;
    for (uint64_t done = 0; done < count && !failure && goes_on(); done += seeds_a_process)
        failure = run_apart(first + done, std::min(count - done, seeds_a_process), *found);
    totals = found->totals;
    munmap(shared, sizeof(Found));
    return failure;
}

}  // namespace fors::test
