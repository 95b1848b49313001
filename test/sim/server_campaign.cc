// SPDX-License-Identifier: Apache-2.0
// The campaign: clients put, get and are pushed to, shards are split and merged, keys are disabled,
// while the server is killed and its disk, its network and its clock fail.
//
// FORS_SEED=S begins with seed S (default 1), FORS_SEEDS=N runs N of them (default 1000),
// FORS_MINUTES=M runs as many as M minutes take. A failing seed fails again, to the byte.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "seeds.h"

// Killed processes leave their coroutine frames behind (sim/world.h).
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace fors::test {
namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
    const char* text = std::getenv(variable);
    return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(ServerCampaign, AcknowledgedIsDurableReadableAndInOrder) {
    const uint64_t first = number_from("FORS_SEED", 1);
    const uint64_t minutes = number_from("FORS_MINUTES", 0);
    const uint64_t count = number_from("FORS_SEEDS", minutes ? ~uint64_t{0} - first : 1000);
    const auto began = std::chrono::steady_clock::now();
    const auto elapsed = [began] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    };
    std::printf("from seed %llu\n", static_cast<unsigned long long>(first));
    std::fflush(stdout);
    Totals totals;
    const auto failure = run_seeds(first, count, totals, [&] {
        return minutes == 0 || elapsed() < static_cast<double>(minutes) * 60;
    });
    if (failure)
        ADD_FAILURE() << failure->fault << "FORS_SEED=" << failure->seed
                      << " FORS_SEEDS=1: " << Campaign(failure->seed).scenario().text();
    totals.print();
    if (totals.runs >= 100)
        for (const uint64_t deeds :
             {totals.acknowledged, totals.deeds.pushed, totals.deeds.pushed_in_time,
              totals.deeds.intruders_refused, totals.deeds.throttled, totals.deeds.ends_told,
              totals.deeds.expired_iterators, totals.deeds.refused_by_key,
              totals.deeds.encrypted_reads, totals.deeds.streams_deleted})
            EXPECT_GT(deeds, 0u) << "a part of the campaign does nothing: see the report";
    std::printf("%.0f seconds, %.0f virtual seconds a second\n", elapsed(),
                totals.virtual_seconds / elapsed());
}

}  // namespace
}  // namespace fors::test
