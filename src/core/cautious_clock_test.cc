// SPDX-License-Identifier: Apache-2.0
#include "core/cautious_clock.h"

#include <gtest/gtest.h>

#include "sim/world.h"

namespace fors::core {
namespace {

using namespace std::chrono_literals;

class CautiousClockTest : public testing::Test {
protected:
    // How far it is behind the wall clock, in minutes.
    int64_t behind() { return (world.clock().wall_ms() - clock.now_ms()) / 60'000; }

    sim::World world{1};
    CautiousClock clock{world.clock()};
};

TEST_F(CautiousClockTest, follows_the_wall_clock_and_small_leaps) {
    world.run_for(100h);
    EXPECT_EQ(behind(), 0);
    world.clock().jump(59min);
    EXPECT_EQ(behind(), 0);
    world.clock().jump(-30h);
    EXPECT_EQ(behind(), 0);
    EXPECT_FALSE(clock.doubted());
}

TEST_F(CautiousClockTest, a_leap_is_believed_after_an_hour) {
    world.clock().jump(48h);
    EXPECT_EQ(behind(), 48 * 60);
    EXPECT_TRUE(clock.doubted());
    world.run_for(59min);
    EXPECT_EQ(behind(), 48 * 60);
    world.run_for(2min);
    EXPECT_EQ(behind(), 0);
    EXPECT_FALSE(clock.doubted());
}

TEST_F(CautiousClockTest, a_leap_that_is_taken_back_never_was) {
    for (int at = 0; at < 3; ++at) {
        world.clock().jump(48h);
        EXPECT_EQ(behind(), 48 * 60);
        world.run_for(40min);
        EXPECT_EQ(behind(), 48 * 60);
        world.clock().jump(-48h);
        EXPECT_EQ(behind(), 0);
        world.run_for(1min);
    }
}

}  // namespace
}  // namespace fors::core
