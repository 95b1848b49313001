// SPDX-License-Identifier: Apache-2.0
// Mutation of ourselves: each planted bug (base/planted.h) must be found by the campaign within so
// many seeds. FORS_SEEDS=N (default 600) is how many; FORS_BUG=name tries that one alone.
#include <cstdio>
#include <cstdlib>

#include "base/planted.h"
#include "seeds.h"

namespace fors::test {
namespace {

// True when it was found.
bool try_bug(Bug bug, uint64_t seeds) {
    planted_bug = bug;
    Totals totals;
    const auto found = run_seeds(1, seeds, totals);
    const std::string fault = found ? found->fault.substr(0, found->fault.find('\n')) : "";
    std::printf("%-34s %6s %5llu  %.119s\n", bug_names[static_cast<size_t>(bug)].data(),
                found ? "found" : "MISSED",
                static_cast<unsigned long long>(found ? found->seed : seeds), fault.c_str());
    std::fflush(stdout);
    return found.has_value();
}

}  // namespace
}  // namespace fors::test

int main() {
    const char* seeds_text = std::getenv("FORS_SEEDS");
    const uint64_t seeds = seeds_text ? std::strtoull(seeds_text, nullptr, 10) : 600;
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
