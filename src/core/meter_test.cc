// SPDX-License-Identifier: Apache-2.0
#include "core/meter.h"

#include <gtest/gtest.h>

namespace fors::core {
namespace {

using namespace std::chrono_literals;

TEST(Meter, sums_of_many_seconds_keep_their_microseconds) {
    Meter meter;
    Histogram& histogram = meter.histogram("h", "Help.", "");
    histogram.observe(1'234'567'890'123us);
    EXPECT_TRUE(meter.prometheus().contains("h_sum 1234567.890123\n")) << meter.prometheus();
    histogram.observe(109'877us);
    EXPECT_TRUE(meter.prometheus().contains("h_sum 1234568\n")) << meter.prometheus();
}

TEST(Meter, buckets_are_named_as_ever) {
    Meter meter;
    meter.histogram("h", "Help.", R"(a="b")");
    const std::string text = meter.prometheus();
    for (const char* bound : {"5e-05", "0.0001", "0.0002", "0.0128", "1.6384", "+Inf"})
        EXPECT_TRUE(text.contains("h_bucket{a=\"b\",le=\"" + std::string(bound) + "\"} 0\n"))
            << bound << text;
}

}  // namespace
}  // namespace fors::core
