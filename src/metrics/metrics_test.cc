// SPDX-License-Identifier: Apache-2.0
// How long points live and where they lie, in virtual time.
#include "metrics/metrics.h"

#include <gtest/gtest.h>

#include "journal/test_home.h"

namespace fors::metrics {
namespace {

using namespace std::chrono_literals;

class MetricsTest : public testing::Test, protected journal::TestHome {
protected:
    MetricsTest() { begin(); }
    ~MetricsTest() override { end(); }

    void begin() {
        metrics_ = std::make_unique<Metrics>(env(), log());
        metrics_->start();
    }
    void end() {
        run<bool>([&]() -> env::Task<bool> {
            co_await metrics_->stop();
            co_return true;
        });
        close_log();
        metrics_.reset();
    }
    void restart() {
        end();
        open_log();
        begin();
    }

    int64_t now_ms() { return world.clock().wall_ms(); }
    std::shared_ptr<core::MetricSeries> series(std::string name) {
        return metrics_->series({.account = caller_.account,
                                 .region = caller_.region,
                                 .space = "S",
                                 .name = std::move(name),
                                 .dimensions = {},
                                 .unit = "Count"});
    }

    // Over all periods of the last days.
    core::Statistics total(std::string_view name, int days = 16) {
        GetMetricStatistics in;
        in.space = "S";
        in.name = name;
        in.start = wire::Timestamp{now_ms() - days * int64_t{86'400'000}};
        in.end = wire::Timestamp{now_ms() + 1};
        in.period = 3600;
        in.statistics = {"SampleCount", "Sum", "Minimum", "Maximum"};
        arena_.reset();
        context_.now_ms = now_ms();
        const auto answer = run<Result<GetMetricStatisticsResult>>(
            [&] { return metrics_->get_statistics(context_, in); });
        core::Statistics all;
        for (const Datapoint& point : answer->datapoints)
            all.merge({*point.count, *point.sum, *point.min, *point.max});
        return all;
    }

    std::unique_ptr<Metrics> metrics_;
    auth::Caller caller_{.account = "000000000000", .region = "us-east-1"};
    Arena arena_;
    core::Context context_{.arena = arena_, .caller = caller_, .now_ms = 0};
};

TEST_F(MetricsTest, what_is_told_is_known_at_once_and_once) {
    const auto told = series("m");
    told->add(2, now_ms());
    EXPECT_EQ(total("m").sum, 2);
    world.run_for(30s);
    told->add(3, now_ms());
    world.run_for(40s);
    told->add(5, now_ms());
    world.run_for(1s);
    const core::Statistics all = total("m");
    EXPECT_EQ(all.sum, 10);
    EXPECT_EQ(all.count, 3);
    EXPECT_EQ(all.min, 2);
    EXPECT_EQ(all.max, 5);
}

TEST_F(MetricsTest, each_minute_has_its_own_point) {
    const auto told = series("m");
    for (int minute = 0; minute < 5; ++minute) {
        told->add(minute, now_ms());
        world.run_for(60s);
    }
    std::map<int64_t, double> sums;
    History history(log());
    ASSERT_TRUE(run<Result<>>([&] {
        return history.scan(0, [&](const core::MetricKey&, const core::MetricPoint& point) {
            sums[point.minute] += point.statistics.sum;
        });
    }));
    ASSERT_EQ(sums.size(), 5u);
    double expected = 0;
    for (const auto& [minute, sum] : sums) EXPECT_EQ(sum, expected++);
}

TEST_F(MetricsTest, many_hours_and_restarts_are_read_back) {
    for (int hour = 0; hour < 30; ++hour) {
        series("a")->add(1, now_ms());
        if (hour % 2) series("b")->add(10, now_ms());
        world.run_for(20min);
        series("b")->add(1, now_ms());
        if (hour % 5 == 0) restart();
        world.run_for(40min);
    }
    EXPECT_EQ(total("a").sum, 30);
    EXPECT_EQ(total("b").sum, 180);
    // Of the last day alone: with the restarts the 24th hour before now began a little earlier.
    EXPECT_EQ(total("a", 1).sum, 23);
}

TEST_F(MetricsTest, fifteen_days_are_kept) {
    series("m")->add(1, now_ms());
    world.run_for(15 * 24h - 10min);
    series("m")->add(2, now_ms());
    EXPECT_EQ(total("m").sum, 3);
    world.run_for(20min);
    EXPECT_EQ(total("m").sum, 2);
    world.run_for(15 * 24h);
    EXPECT_EQ(total("m", 40).count, 0);
    const log::Bounds bounds = log().bounds(log::metrics_shard);
    EXPECT_EQ(bounds.first, bounds.next);
}

TEST_F(MetricsTest, a_series_that_nobody_holds_leaves_the_memory_not_the_history) {
    series("m")->add(1, now_ms());
    const std::weak_ptr<core::MetricSeries> held = series("m");
    EXPECT_FALSE(held.expired());
    world.run_for(2min);
    EXPECT_TRUE(held.expired());
    EXPECT_EQ(total("m").sum, 1);
}

TEST_F(MetricsTest, a_point_of_the_future_is_found_when_its_time_comes) {
    PutMetricData in;
    in.space = "S";
    Datum datum;
    datum.name = "m";
    datum.value = 7;
    datum.unit = "Count";
    datum.timestamp = wire::Timestamp{now_ms() + 119 * 60'000};
    in.data = std::vector{datum};
    context_.now_ms = now_ms();
    ASSERT_TRUE(run<Result<core::Nothing>>([&] { return metrics_->put_data(context_, in); }));
    EXPECT_EQ(total("m").sum, 0);
    world.run_for(2h);
    EXPECT_EQ(total("m", 1).sum, 7);
    GetMetricStatistics late;
    late.space = "S";
    late.name = "m";
    late.start = wire::Timestamp{now_ms() - 120'000};
    late.end = wire::Timestamp{now_ms()};
    late.period = 60;
    late.statistics = {"Sum"};
    arena_.reset();
    const auto answer = run<Result<GetMetricStatisticsResult>>(
        [&] { return metrics_->get_statistics(context_, late); });
    ASSERT_EQ(answer->datapoints.size(), 1u);
    EXPECT_EQ(answer->datapoints[0].sum, 7);
}

TEST_F(MetricsTest, series_that_find_no_room_are_counted) {
    std::vector<std::shared_ptr<core::MetricSeries>> held;
    for (size_t each = 0; each < series_max; ++each) held.push_back(series(std::to_string(each)));
    EXPECT_TRUE(metrics_->prometheus().contains("fors_metric_series_not_kept_total 0\n"));
    held.push_back(series("one more"));
    held.push_back(series("0"));  // which is there
    EXPECT_TRUE(metrics_->prometheus().contains("fors_metric_series_not_kept_total 1\n"));
    held.clear();
    world.run_for(61s);
    series("one more")->add(1, now_ms());
    EXPECT_EQ(total("one more").count, 1);
}

TEST_F(MetricsTest, names_have_no_control_characters) {
    const auto put = [&](std::string_view space, std::string_view name, Dimension dimension) {
        PutMetricData in;
        in.space = space;
        Datum& datum = in.data.emplace().emplace_back();
        datum.name = name;
        datum.dimensions = {dimension};
        datum.value = 1;
        context_.now_ms = now_ms();
        const auto answer =
            run<Result<core::Nothing>>([&] { return metrics_->put_data(context_, in); });
        return answer ? std::nullopt : std::optional(answer.error().code);
    };
    EXPECT_EQ(put("S\x01", "m", {"d", "v"}), Code::invalid_argument);
    EXPECT_EQ(put("S", "m\n", {"d", "v"}), Code::invalid_argument);
    EXPECT_EQ(put("S", "m", {"d\x1f", "v"}), Code::invalid_argument);
    EXPECT_EQ(put("S", "m", {"d", std::string_view("v\0", 2)}), Code::invalid_argument);
    EXPECT_EQ(put("S", "m", {"d", "\x7f"}), Code::invalid_argument);
    EXPECT_EQ(put("S", "m é", {"d", "ü v"}), std::nullopt);
}

TEST_F(MetricsTest, clients_have_so_many_names_and_no_more) {
    const auto put = [&](size_t first, size_t count) {
        std::vector<std::string> names;
        for (size_t at = first; at < first + count; ++at) names.push_back(std::to_string(at));
        PutMetricData in;
        in.space = "S";
        in.data.emplace();
        for (const std::string& name : names) {
            Datum& datum = in.data->emplace_back();
            datum.name = name;
            datum.value = 1;
        }
        arena_.reset();
        context_.now_ms = now_ms();
        const auto answer =
            run<Result<core::Nothing>>([&] { return metrics_->put_data(context_, in); });
        return answer ? std::nullopt : std::optional(answer.error().code);
    };
    for (size_t at = 0; at < names_max; at += data_max) ASSERT_EQ(put(at, data_max), std::nullopt);
    EXPECT_EQ(put(names_max, 1), Code::limit_exceeded);
    EXPECT_EQ(put(names_max - 10, 11), Code::limit_exceeded);
    EXPECT_EQ(put(names_max - 10, 10), std::nullopt);
}

}  // namespace
}  // namespace fors::metrics
