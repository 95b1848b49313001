// SPDX-License-Identifier: Apache-2.0
#include "env/turnstile.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "env/task.h"

namespace fors::env {
namespace {

Task<void> hold(Turnstile& turnstile, std::optional<Turnstile::Turn>& turn) {
    turn.emplace(co_await turnstile.enter());
}

Task<void> pass(Turnstile& turnstile, std::vector<int>& order, int number) {
    const auto turn = co_await turnstile.enter();
    order.push_back(number);
}

TEST(Turnstile, a_long_line_of_those_who_need_not_wait_passes_in_order) {
    constexpr int line = 300'000;
    Turnstile turnstile;
    std::optional<Turnstile::Turn> turn;
    std::vector<int> order;
    spawn(hold(turnstile, turn));
    for (int number = 0; number < line; ++number) spawn(pass(turnstile, order, number));
    EXPECT_TRUE(order.empty());
    turn.reset();
    ASSERT_EQ(order.size(), size_t{line});
    EXPECT_TRUE(std::ranges::is_sorted(order));
    spawn(pass(turnstile, order, line));
    EXPECT_EQ(order.back(), line);
}

TEST(Turnstile, who_holds_it_in_the_middle_of_the_line_stops_those_behind) {
    Turnstile turnstile;
    std::optional<Turnstile::Turn> first, middle;
    std::vector<int> order;
    spawn(hold(turnstile, first));
    spawn(pass(turnstile, order, 1));
    spawn(hold(turnstile, middle));
    spawn(pass(turnstile, order, 2));
    first.reset();
    EXPECT_EQ(order, std::vector{1});
    spawn(pass(turnstile, order, 3));
    middle.reset();
    EXPECT_EQ(order, (std::vector{1, 2, 3}));
}

}  // namespace
}  // namespace fors::env
