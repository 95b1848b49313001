// SPDX-License-Identifier: Apache-2.0
// Pacing in virtual time: an even rate, no drift, and stalls that are charged in full.
#include "load/pacer.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "load/histogram.h"

namespace fors::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Pacer, requests_are_due_at_an_even_rate) {
    Pacer pacer(1000, seconds(5));
    EXPECT_EQ(pacer.take(seconds(5) - nanoseconds(1)), std::nullopt);
    for (int each = 0; each < 10; ++each) {
        const auto due = seconds(5) + milliseconds(each);
        EXPECT_EQ(pacer.next(), due);
        EXPECT_EQ(pacer.take(due), due);
        EXPECT_EQ(pacer.take(due), std::nullopt);
    }
}

TEST(Pacer, a_rate_that_divides_nothing_does_not_drift) {
    Pacer pacer(7, nanoseconds(0));
    while (pacer.taken() < 7'000'000) ASSERT_TRUE(pacer.take(std::chrono::hours(300)));
    EXPECT_EQ(pacer.next(), seconds(1'000'000));
}

TEST(Pacer, what_was_due_during_a_stall_keeps_its_time) {
    Pacer pacer(100, nanoseconds(0));
    ASSERT_TRUE(pacer.take(nanoseconds(0)));
    const auto now = milliseconds(55);
    for (int each = 1; each <= 5; ++each) EXPECT_EQ(pacer.take(now), milliseconds(10 * each));
    EXPECT_EQ(pacer.take(now), std::nullopt);
}

// One connection, a server of 1 ms that stalls for a second once in ten. A closed loop meets the
// stall once; an open one has a hundred requests waiting in it.
TEST(Pacer, a_stall_shows_in_the_percentiles) {
    Histogram latency;
    Histogram service;
    Pacer pacer(100, nanoseconds(0));
    nanoseconds now{0};
    while (pacer.taken() < 1000) {
        const auto due = pacer.take(now);
        if (!due) {
            now = pacer.next();
            continue;
        }
        const bool stalled = pacer.taken() == 500;
        const nanoseconds sent = now;
        now += stalled ? nanoseconds(seconds(1)) : nanoseconds(milliseconds(1));
        latency.add(now - *due);
        service.add(now - sent);
    }
    EXPECT_LT(service.percentile(99), milliseconds(2));  // as if nothing had happened
    EXPECT_GT(latency.percentile(99), milliseconds(850));
    EXPECT_GT(latency.percentile(95), milliseconds(450));
    EXPECT_LT(latency.percentile(85), milliseconds(2));
}

}  // namespace
}  // namespace fors::load
