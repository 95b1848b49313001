// SPDX-License-Identifier: Apache-2.0
// Which part of an ARN is what, in ARNs that the model's patterns take.
#include "streams/patterns.h"

#include <gtest/gtest.h>

#include <string>

namespace fors::streams {
namespace {

std::string parts(std::string_view text) {
    const auto arn = split_stream_arn(text);
    EXPECT_EQ(is_stream_arn(text), arn.has_value());
    if (!arn) return "none";
    return std::string(arn->region).append("|").append(arn->account).append("|").append(arn->name);
}

TEST(Patterns, an_arn_of_a_stream_falls_into_its_parts) {
    EXPECT_EQ(parts("arn:aws:kinesis:us-east-1:123456789012:stream/orders"),
              "us-east-1|123456789012|orders");
    EXPECT_EQ(parts("arn:aws-cn:kinesis:cn-north-1:123456789012:stream/a/b"),
              "cn-north-1|123456789012|a/b");
    for (const char* no : {"", "arn:aws", "arn:aws:kinesis:us-east-1:12345678901:stream/a",
                           "arn:aws:kinesis:us-east-1:123456789012:stream/",
                           "arn:aws:kinesis:us-east-1:123456789012:stream/a b",
                           "arn:aws:s3:us-east-1:123456789012:stream/a", ":stream/a"})
        EXPECT_EQ(parts(no), "none") << no;
}

// The one that was taken is the one that counts: the first marker has no account before it.
TEST(Patterns, a_marker_may_come_before_the_true_one) {
    EXPECT_EQ(parts("arn:aws:stream/:kinesis:x:123456789012:stream/n"), "x|123456789012|n");
    EXPECT_EQ(parts("arn:aws:kinesis:x:stream/y:123456789012:stream/n"), "stream/y|123456789012|n");
}

}  // namespace
}  // namespace fors::streams
