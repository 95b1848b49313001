// SPDX-License-Identifier: Apache-2.0
// Requests and answers of CloudWatch metrics (Amazon CloudWatch API Reference); tables in
// metrics/shape_tables.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "wire/shape.h"

namespace fors::metrics {

using OptionalText = std::optional<std::string_view>;
using OptionalTexts = std::optional<std::vector<std::string_view>>;
using OptionalTime = std::optional<wire::Timestamp>;

struct Dimension {
    OptionalText name, value;
};
using Dimensions = std::optional<std::vector<Dimension>>;

struct StatisticSet {
    std::optional<double> count, sum, min, max;
};
struct Datum {
    OptionalText name;
    Dimensions dimensions;
    OptionalTime timestamp;
    std::optional<double> value;
    std::optional<StatisticSet> statistics;
    std::optional<std::vector<double>> values, counts;
    OptionalText unit;
    std::optional<int32_t> resolution;
};
// Metrics of an entity: known to be refused.
struct EntityMetrics {
    std::optional<std::vector<Datum>> data;
};
struct PutMetricData {
    OptionalText space;
    std::optional<std::vector<Datum>> data;
    std::optional<std::vector<EntityMetrics>> entities;
    std::optional<bool> strict_entities;
};

struct GetMetricStatistics {
    OptionalText space, name;
    Dimensions dimensions;
    OptionalTime start, end;
    std::optional<int32_t> period;
    OptionalTexts statistics, extended;
    OptionalText unit;
};
struct Datapoint {
    wire::Timestamp timestamp;
    std::optional<double> count, average, sum, min, max;
    std::string_view unit;
};
struct GetMetricStatisticsResult {
    std::string_view label;
    std::vector<Datapoint> datapoints;
};

struct Metric {
    OptionalText space, name;
    Dimensions dimensions;
};
struct MetricStat {
    std::optional<Metric> metric;
    std::optional<int32_t> period;
    OptionalText stat, unit;
};
struct MetricDataQuery {
    OptionalText id;
    std::optional<MetricStat> stat;
    OptionalText expression, label;
    std::optional<bool> return_data;
    std::optional<int32_t> period;
    OptionalText account;
};
struct LabelOptions {
    OptionalText timezone;
};
struct GetMetricData {
    std::optional<std::vector<MetricDataQuery>> queries;
    OptionalTime start, end;
    OptionalText next_token, scan_by;
    std::optional<int32_t> datapoints_max;
    std::optional<LabelOptions> label_options;
};
struct MetricDataResult {
    std::string_view id, label;
    std::vector<wire::Timestamp> timestamps;
    std::vector<double> values;
    std::string_view status;
};
struct GetMetricDataResult {
    std::vector<MetricDataResult> results;
};

struct DimensionFilter {
    OptionalText name, value;
};
struct ListMetrics {
    OptionalText space, name;
    std::optional<std::vector<DimensionFilter>> dimensions;
    OptionalText next_token, recently_active;
    std::optional<bool> linked_accounts;
    OptionalText owner;
};
struct ListMetricsResult {
    std::vector<Metric> metrics;
    OptionalText next_token;
};

}  // namespace fors::metrics
