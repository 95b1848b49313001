// SPDX-License-Identifier: Apache-2.0
#include "streams/telemetry.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fors::streams {
namespace {

// Holds what it gave, as the metrics do.
struct Sink final : core::MetricSink {
    std::shared_ptr<core::MetricSeries> series(core::MetricKey) override {
        return given.emplace_back(std::make_shared<core::MetricSeries>());
    }
    long held() const {
        return std::ranges::count_if(given, [](const auto& each) { return each.use_count() > 1; });
    }
    std::vector<std::shared_ptr<core::MetricSeries>> given;
};

TEST(Telemetry, what_is_gone_is_let_go_of) {
    constexpr int64_t hour_ms = 3'600'000;
    Sink sink;
    Stream stream;
    stream.retention_hours = 24;
    stream.monitored = monitored_bits("ALL");
    stream.shards.add({.index = 0, .closed_ms = hour_ms});
    stream.shards.add({.index = 1});
    stream.consumers["stays"];
    StreamTelemetry told(sink, stream);
    told.add(ConsumerMeasure::success, "stays", 1, 0);
    told.add(ConsumerMeasure::success, "goes", 1, 0);
    for (uint32_t shard : {0u, 1u}) told.add(ShardMeasure::incoming_bytes, shard, 1, 0);
    EXPECT_EQ(sink.held(), 4);
    told.forget_gone(stream, 2 * hour_ms);
    EXPECT_EQ(sink.held(), 3);  // records of the closed shard can still be read
    told.forget_gone(stream, 26 * hour_ms);
    EXPECT_EQ(sink.held(), 2);
}

}  // namespace
}  // namespace fors::streams
