// SPDX-License-Identifier: Apache-2.0
// Streams and consumers come to be, whatever the clock does.
#include <gtest/gtest.h>

#include "streams/test_streams.h"

namespace fors::streams {
namespace {

TEST(Lifecycle, a_clock_that_is_set_back_does_not_unmake_a_stream) {
    TestStreams streams({.limits = true, .transition_ms = 500});
    CreateStream create;
    create.stream_name = "s";
    create.shard_count = 1;
    ASSERT_TRUE(streams.answer<&Streams::create_stream>(create));
    const auto status = [&] {
        DescribeStreamSummary in;
        in.stream_name = "s";
        return std::string(streams.answer<&Streams::describe_stream_summary>(in)->summary.status);
    };
    EXPECT_EQ(status(), "CREATING");
    streams.world.run_for(600ms);
    EXPECT_EQ(status(), "ACTIVE");
    streams.world.clock().jump(-400ms);
    EXPECT_EQ(status(), "ACTIVE");
}

}  // namespace
}  // namespace fors::streams
