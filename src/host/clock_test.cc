// SPDX-License-Identifier: Apache-2.0
#include "host/clock.h"

#include <gtest/gtest.h>

namespace fors::host {
namespace {

TEST(Clock, TheCoarseOneIsBehindTheSteadyOneByLittle) {
    const Clock clock;
    const auto before = clock.steady();
    const auto coarse = clock.steady_coarse();
    const auto after = clock.steady();
    EXPECT_LE(coarse, after);
    EXPECT_GE(coarse, before - std::chrono::seconds(1));  // a tick, and what a busy machine adds
}

}  // namespace
}  // namespace fors::host
