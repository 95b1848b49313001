// SPDX-License-Identifier: Apache-2.0
#include "streams/call_rates.h"

#include <gtest/gtest.h>

namespace fors::streams {
namespace {

constexpr int64_t second = 1'000'000'000;

int taken(CallRates& rates, const char* operation, const char* account, uint64_t generation,
          int64_t now_ns) {
    int count = 0;
    while (count < 5000 && rates.take(operation, account, "r", generation, now_ns)) ++count;
    return count;
}

TEST(CallRates, a_seconds_worth_at_once_then_as_time_passes) {
    CallRates rates;
    EXPECT_EQ(taken(rates, "ListShards", "a", 1, second), 1000);
    EXPECT_EQ(taken(rates, "ListShards", "a", 1, second * 3 / 2), 500);
}

TEST(CallRates, accounts_and_streams_have_their_own) {
    CallRates rates;
    EXPECT_EQ(taken(rates, "CreateStream", "a", 0, second), 5);
    EXPECT_EQ(taken(rates, "CreateStream", "b", 0, second), 5);
    EXPECT_EQ(taken(rates, "SplitShard", "a", 1, second), 5);
    EXPECT_EQ(taken(rates, "SplitShard", "a", 2, second), 5);
    EXPECT_EQ(taken(rates, "DescribeStream", "a", 1, second), 10);
    EXPECT_EQ(taken(rates, "DescribeStream", "a", 2, second), 0);  // of the account
}

TEST(CallRates, operations_without_a_rate_are_never_refused) {
    CallRates rates;
    EXPECT_EQ(taken(rates, "PutRecord", "a", 1, second), 5000);
    EXPECT_EQ(rates.size(), 0U);
}

TEST(CallRates, what_has_recovered_is_forgotten) {
    CallRates rates;
    EXPECT_TRUE(rates.take("CreateStream", "a", "r", 0, second));
    rates.sweep(second + second / 10);
    EXPECT_EQ(rates.size(), 1U);
    rates.sweep(second * 2);
    EXPECT_EQ(rates.size(), 0U);
}

}  // namespace
}  // namespace fors::streams
