// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "streams/test_streams.h"

namespace fors::streams {
namespace {

TEST(Monitoring, two_who_enable_metrics_at_once_both_have_their_way) {
    TestStreams streams;
    CreateStream create;
    create.stream_name = "s";
    ASSERT_TRUE(streams.answer<&Streams::create_stream>(create));
    const auto enable = [&](const EnableEnhancedMonitoring& in) {
        return streams.start<Result<EnhancedMonitoringResult>>(
            [&] { return streams.service->enable_monitoring(streams.context, in); });
    };
    EnableEnhancedMonitoring bytes, records;
    bytes.stream_name = records.stream_name = "s";
    bytes.metrics = {"IncomingBytes"};
    records.metrics = {"IncomingRecords"};
    const auto first = enable(bytes), second = enable(records);
    ASSERT_TRUE(streams.world.run_until([&] { return *first && *second; }, 10s));
    using Names = std::vector<std::string_view>;
    EXPECT_EQ((**first)->desired, (Names{"IncomingBytes"}));
    EXPECT_EQ((**second)->desired, (Names{"IncomingBytes", "IncomingRecords"}));
}

}  // namespace
}  // namespace fors::streams
