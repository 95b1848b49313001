// SPDX-License-Identifier: Apache-2.0
#include "host/clock.h"

#include <gtest/gtest.h>

namespace fors::host {
namespace {

TEST(Clock, TheCoarseOneIsBehindTheSteadyOneByMillisecondsAtMost) {
    const Clock clock;
    const auto before = clock.steady();
    const auto coarse = clock.steady_coarse();
    const auto after = clock.steady();
    EXPECT_LE(coarse, after);
    EXPECT_GE(coarse, before - std::chrono::milliseconds(50));  // a tick is ten at most
}

}  // namespace
}  // namespace fors::host
