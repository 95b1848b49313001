// SPDX-License-Identifier: Apache-2.0
// The service's tables, and the putting away of minutes.
#include "metrics/metrics.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "metrics/shape_tables.h"

namespace fors::metrics {

namespace {

constexpr auto operation_table = std::array{
    core::operation<&Metrics::get_data>("GetMetricData"),
    core::operation<&Metrics::get_statistics>("GetMetricStatistics"),
    core::operation<&Metrics::list>("ListMetrics"),
    core::operation<&Metrics::put_data>("PutMetricData"),
};

constexpr auto missing_table = std::to_array<std::string_view>({
    "DeleteAlarms",
    "DeleteAnomalyDetector",
    "DeleteDashboards",
    "DeleteInsightRules",
    "DeleteMetricStream",
    "DescribeAlarmContributors",
    "DescribeAlarmHistory",
    "DescribeAlarms",
    "DescribeAlarmsForMetric",
    "DescribeAnomalyDetectors",
    "DescribeInsightRules",
    "DisableAlarmActions",
    "DisableInsightRules",
    "EnableAlarmActions",
    "EnableInsightRules",
    "GetDashboard",
    "GetInsightRuleReport",
    "GetMetricStream",
    "GetMetricWidgetImage",
    "ListDashboards",
    "ListManagedInsightRules",
    "ListMetricStreams",
    "ListTagsForResource",
    "PutAnomalyDetector",
    "PutCompositeAlarm",
    "PutDashboard",
    "PutInsightRule",
    "PutManagedInsightRules",
    "PutMetricAlarm",
    "PutMetricStream",
    "SetAlarmState",
    "StartMetricStreams",
    "StopMetricStreams",
    "TagResource",
    "UntagResource",
});

constexpr auto error_table = std::to_array<core::ErrorName>({
    {Code::invalid_argument, "InvalidParameterValueException", 400, "InvalidParameterValue"},
    {Code::invalid_combination, "InvalidParameterCombinationException", 400,
     "InvalidParameterCombination"},
    {Code::missing_parameter, "MissingRequiredParameterException", 400, "MissingParameter"},
    {Code::expired_token, "InvalidNextToken", 400, "InvalidNextToken"},
    {Code::validation, "ValidationException", 400, "ValidationError"},
    {Code::io_failed, "InternalServiceFault", 500, "InternalServiceError"},
    {Code::outcome_unknown, "InternalServiceFault", 500, "InternalServiceError"},
    {Code::corrupt, "InternalServiceFault", 500, "InternalServiceError"},
    {Code::internal, "InternalServiceFault", 500, "InternalServiceError"},
    {Code::limit_exceeded, "LimitExceededFault", 400, "LimitExceeded"},
});

}  // namespace

Metrics::Metrics(env::Env env, log::Log& log) : env_(env), history_(log) {}

std::span<const core::Operation> operation_list() { return operation_table; }

std::span<const core::Operation> Metrics::operations() const { return operation_table; }
std::span<const std::string_view> Metrics::operations_missing() const { return missing_table; }
std::span<const core::ErrorName> Metrics::errors() const { return error_table; }

std::shared_ptr<core::MetricSeries> Metrics::series(core::MetricKey key) {
    const auto known = series_.find(key);
    if (known != series_.end()) return known->second;
    const bool kept = series_.size() < series_max;
    auto made = std::make_shared<core::MetricSeries>(kept);
    if (kept) {
        series_.emplace(std::move(key), made);
    } else {
        ++not_kept_;
    }
    return made;
}

void Metrics::start() { schedule(); }

env::Task<void> Metrics::stop() {
    stopping_ = true;
    env_.executor.cancel(timer_);
    (void)co_await put_away(std::numeric_limits<int64_t>::max());
}

// A moment after each full minute.
void Metrics::schedule() {
    if (stopping_) return;
    const int64_t into_ms = env_.clock.wall_ms() % core::minute_ms;
    timer_ = env_.executor.after(std::chrono::milliseconds(core::minute_ms - into_ms + 20),
                                 [this] { env::spawn(tick()); });
}

env::Task<void> Metrics::tick() {
    const int64_t now_ms = env_.clock.wall_ms();
    (void)co_await put_away(now_ms / core::minute_ms);
    co_await history_.trim(now_ms);
    std::erase_if(last_minute_, [&](const auto& each) {
        return each.second < (now_ms - kept_ms) / core::minute_ms;
    });
    schedule();
}

env::Task<Result<>> Metrics::put_away(int64_t before_minute) {
    std::vector<SeriesPoint> points;
    for (const auto& [key, series] : series_)
        for (const core::MetricPoint& point : series->take(before_minute)) {
            points.push_back({&key, point});
            auto& last = last_minute_[key];
            last = std::max(last, point.minute);
        }
    auto done = Result<>{};
    if (!points.empty()) {
        auto appending = history_.append(std::move(points), env_.clock.wall_ms());
        done = co_await std::move(appending);
    }
    // Nobody adds to these any more.
    std::erase_if(series_, [](const auto& each) {
        return each.second.use_count() == 1 && each.second->points().empty();
    });
    co_return done;
}

env::Task<Result<>> Metrics::scan(int64_t from_minute, const History::Each& each) {
    for (const auto& [key, series] : series_)
        for (const core::MetricPoint& point : series->points()) each(key, point);
    co_return co_await history_.scan(from_minute, each);
}

std::vector<std::pair<std::string, std::string>> sorted_dimensions(const Dimensions& dimensions) {
    std::vector<std::pair<std::string, std::string>> sorted;
    if (dimensions)
        for (const Dimension& each : *dimensions) sorted.emplace_back(*each.name, *each.value);
    std::ranges::sort(sorted);
    return sorted;
}

}  // namespace fors::metrics
