// SPDX-License-Identifier: Apache-2.0
// Each in a process of its own, which ends by it.
#include "host/signals.h"

#include <gtest/gtest.h>
#include <unistd.h>

namespace fors::host {
namespace {

using namespace std::chrono_literals;

// ThreadSanitizer has a thread of its own, so that a fork alone would not do.
class Signals : public testing::Test {
protected:
    Signals() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

[[noreturn]] void wait_forever() {
    while (true) pause();
}

TEST_F(Signals, end_the_process_also_when_they_came_before) {
    for (const int signal : {SIGTERM, SIGINT}) {
        const auto die = [signal](bool before) {
            block_signals();
            if (before) kill(getpid(), signal);
            end_at_signals(130);
            if (!before) kill(getpid(), signal);
            wait_forever();
        };
        EXPECT_EXIT(die(true), testing::ExitedWithCode(130), "");
        EXPECT_EXIT(die(false), testing::ExitedWithCode(130), "");
    }
}

TEST_F(Signals, blocked_again_they_wait_for_who_takes_them) {
    const auto take = [] {
        end_at_signals(130);
        block_signals();
        kill(getpid(), SIGTERM);
        const sigset_t signals = stop_signals();
        int taken = 0;
        sigwait(&signals, &taken);
        _exit(taken);
    };
    EXPECT_EXIT(take(), testing::ExitedWithCode(SIGTERM), "");
}

TEST_F(Signals, the_limit_ends_a_process_that_waits_for_nothing) {
    const auto die = [] {
        block_signals();
        end_after(1s, 7);
        wait_forever();
    };
    EXPECT_EXIT(die(), testing::ExitedWithCode(7), "took too long");
}

}  // namespace
}  // namespace fors::host
