// SPDX-License-Identifier: Apache-2.0
// The histogram against sorted values.
#include "load/histogram.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace fors::load {
namespace {

// What the contract says, by sorting.
nanoseconds exact(std::vector<int64_t> values, double percent) {
    std::ranges::sort(values);
    const double share = static_cast<double>(values.size()) * percent / 100;
    const auto rank = std::max(1.0, std::ceil(share - 1e-6));
    return nanoseconds(values[static_cast<size_t>(rank) - 1]);
}

TEST(Histogram, an_empty_one_gives_zeros) {
    const Histogram none;
    EXPECT_EQ(none.count(), 0u);
    EXPECT_EQ(none.percentile(99).count(), 0);
    EXPECT_EQ(none.mean().count(), 0);
    EXPECT_EQ(none.min().count(), 0);
}

TEST(Histogram, small_values_are_exact) {
    Histogram histogram;
    for (int64_t ns = 1; ns <= 500; ++ns) histogram.add(nanoseconds(ns));
    EXPECT_EQ(histogram.percentile(0).count(), 1);
    EXPECT_EQ(histogram.percentile(50).count(), 250);
    EXPECT_EQ(histogram.percentile(99).count(), 495);
    EXPECT_EQ(histogram.percentile(100).count(), 500);
    EXPECT_EQ(histogram.min().count(), 1);
}

TEST(Histogram, percentiles_are_right_to_within_four_in_a_thousand) {
    std::mt19937_64 chance(7);
    std::uniform_real_distribution<double> exponent(0, 39.9);
    std::vector<int64_t> values;
    Histogram histogram;
    for (int each = 0; each < 20'000; ++each) {
        values.push_back(static_cast<int64_t>(std::exp2(exponent(chance))));
        histogram.add(nanoseconds(values.back()));
    }
    for (const double percent : {0.0, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
        const auto wanted = static_cast<double>(exact(values, percent).count());
        const auto given = static_cast<double>(histogram.percentile(percent).count());
        EXPECT_GE(given, wanted) << percent;
        EXPECT_LE(given, wanted * 1.004) << percent;
    }
}

TEST(Histogram, merging_is_adding_all) {
    Histogram all;
    Histogram odd;
    Histogram even;
    for (int64_t each = 1; each < 3000; ++each) {
        all.add(nanoseconds(each * each));
        (each % 2 ? odd : even).add(nanoseconds(each * each));
    }
    even.add(odd);
    even.add(Histogram());
    EXPECT_EQ(even.count(), all.count());
    EXPECT_EQ(even.mean(), all.mean());
    EXPECT_EQ(even.min(), all.min());
    EXPECT_EQ(even.max(), all.max());
    for (int percent = 0; percent <= 100; ++percent)
        EXPECT_EQ(even.percentile(percent), all.percentile(percent));
}

TEST(Histogram, what_is_out_of_range_counts_as_its_edge) {
    Histogram histogram;
    histogram.add(nanoseconds(-5));
    histogram.add(std::chrono::hours(5));
    EXPECT_EQ(histogram.percentile(50).count(), 0);
    EXPECT_EQ(histogram.percentile(100), Histogram::longest);
}

}  // namespace
}  // namespace fors::load
