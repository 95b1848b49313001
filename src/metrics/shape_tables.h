// SPDX-License-Identifier: Apache-2.0
// Tables of metrics/shapes.h: names on the wire and constraints; compared with the published model
// by test/conformance.
#pragma once

#include "metrics/patterns.h"
#include "metrics/shapes.h"

namespace fors::wire {

namespace m = fors::metrics;

template <>
struct Shape<m::Dimension> {
    static constexpr std::string_view name = "Dimension";
    static constexpr Field fields[] = {
        field<&m::Dimension::name>("Name", required, m::dimension_name_limits),
        field<&m::Dimension::value>("Value", required, m::dimension_value_limits),
    };
};

template <>
struct Shape<m::StatisticSet> {
    static constexpr std::string_view name = "StatisticSet";
    static constexpr Field fields[] = {
        field<&m::StatisticSet::count>("SampleCount", required),
        field<&m::StatisticSet::sum>("Sum", required),
        field<&m::StatisticSet::min>("Minimum", required),
        field<&m::StatisticSet::max>("Maximum", required),
    };
};

template <>
struct Shape<m::Datum> {
    static constexpr std::string_view name = "MetricDatum";
    static constexpr Field fields[] = {
        field<&m::Datum::name>("MetricName", required, m::metric_name_limits),
        field<&m::Datum::dimensions>("Dimensions", optional, m::dimensions_limits),
        field<&m::Datum::timestamp>("Timestamp"),
        field<&m::Datum::value>("Value"),
        field<&m::Datum::statistics>("StatisticValues"),
        field<&m::Datum::values>("Values"),
        field<&m::Datum::counts>("Counts"),
        field<&m::Datum::unit>("Unit", optional, m::unit_limits),
        field<&m::Datum::resolution>("StorageResolution", optional, m::storage_resolution_limits),
    };
};

template <>
struct Shape<m::EntityMetrics> {
    static constexpr std::string_view name = "EntityMetricData";
    static constexpr Field fields[] = {
        field<&m::EntityMetrics::data>("MetricData"),
    };
};

template <>
struct Shape<m::PutMetricData> {
    static constexpr std::string_view name = "PutMetricDataInput";
    static constexpr Field fields[] = {
        field<&m::PutMetricData::space>("Namespace", required, m::namespace_limits),
        field<&m::PutMetricData::data>("MetricData"),
        field<&m::PutMetricData::entities>("EntityMetricData"),
        field<&m::PutMetricData::strict_entities>("StrictEntityValidation"),
    };
};

template <>
struct Shape<m::GetMetricStatistics> {
    static constexpr std::string_view name = "GetMetricStatisticsInput";
    static constexpr Field fields[] = {
        field<&m::GetMetricStatistics::space>("Namespace", required, m::namespace_limits),
        field<&m::GetMetricStatistics::name>("MetricName", required, m::metric_name_limits),
        field<&m::GetMetricStatistics::dimensions>("Dimensions", optional, m::dimensions_limits),
        field<&m::GetMetricStatistics::start>("StartTime", required),
        field<&m::GetMetricStatistics::end>("EndTime", required),
        field<&m::GetMetricStatistics::period>("Period", required, m::period_limits),
        field<&m::GetMetricStatistics::statistics>("Statistics", optional, m::statistics_limits),
        field<&m::GetMetricStatistics::extended>("ExtendedStatistics", optional,
                                                 m::extended_statistics_limits),
        field<&m::GetMetricStatistics::unit>("Unit", optional, m::unit_limits),
    };
};

template <>
struct Shape<m::Datapoint> {
    static constexpr std::string_view name = "Datapoint";
    static constexpr Field fields[] = {
        field<&m::Datapoint::timestamp>("Timestamp"),
        field<&m::Datapoint::count>("SampleCount"),
        field<&m::Datapoint::average>("Average"),
        field<&m::Datapoint::sum>("Sum"),
        field<&m::Datapoint::min>("Minimum"),
        field<&m::Datapoint::max>("Maximum"),
        field<&m::Datapoint::unit>("Unit", optional, m::unit_limits),
    };
};

template <>
struct Shape<m::GetMetricStatisticsResult> {
    static constexpr std::string_view name = "GetMetricStatisticsOutput";
    static constexpr Field fields[] = {
        field<&m::GetMetricStatisticsResult::label>("Label"),
        field<&m::GetMetricStatisticsResult::datapoints>("Datapoints"),
    };
};

template <>
struct Shape<m::Metric> {
    static constexpr std::string_view name = "Metric";
    static constexpr Field fields[] = {
        field<&m::Metric::space>("Namespace", optional, m::namespace_limits),
        field<&m::Metric::name>("MetricName", optional, m::metric_name_limits),
        field<&m::Metric::dimensions>("Dimensions", optional, m::dimensions_limits),
    };
};

template <>
struct Shape<m::MetricStat> {
    static constexpr std::string_view name = "MetricStat";
    static constexpr Field fields[] = {
        field<&m::MetricStat::metric>("Metric", required),
        field<&m::MetricStat::period>("Period", required, m::period_limits),
        field<&m::MetricStat::stat>("Stat", required),
        field<&m::MetricStat::unit>("Unit", optional, m::unit_limits),
    };
};

template <>
struct Shape<m::MetricDataQuery> {
    static constexpr std::string_view name = "MetricDataQuery";
    static constexpr Field fields[] = {
        field<&m::MetricDataQuery::id>("Id", required, m::query_id_limits),
        field<&m::MetricDataQuery::stat>("MetricStat"),
        field<&m::MetricDataQuery::expression>("Expression", optional, m::expression_limits),
        field<&m::MetricDataQuery::label>("Label"),
        field<&m::MetricDataQuery::return_data>("ReturnData"),
        field<&m::MetricDataQuery::period>("Period", optional, m::period_limits),
        field<&m::MetricDataQuery::account>("AccountId", optional, m::account_id_limits),
    };
};

template <>
struct Shape<m::LabelOptions> {
    static constexpr std::string_view name = "LabelOptions";
    static constexpr Field fields[] = {
        field<&m::LabelOptions::timezone>("Timezone"),
    };
};

template <>
struct Shape<m::GetMetricData> {
    static constexpr std::string_view name = "GetMetricDataInput";
    static constexpr Field fields[] = {
        field<&m::GetMetricData::queries>("MetricDataQueries", required),
        field<&m::GetMetricData::start>("StartTime", required),
        field<&m::GetMetricData::end>("EndTime", required),
        field<&m::GetMetricData::next_token>("NextToken"),
        field<&m::GetMetricData::scan_by>("ScanBy", optional, m::scan_by_limits),
        field<&m::GetMetricData::datapoints_max>("MaxDatapoints"),
        field<&m::GetMetricData::label_options>("LabelOptions"),
    };
};

template <>
struct Shape<m::MetricDataResult> {
    static constexpr std::string_view name = "MetricDataResult";
    static constexpr Field fields[] = {
        field<&m::MetricDataResult::id>("Id", optional, m::query_id_limits),
        field<&m::MetricDataResult::label>("Label"),
        field<&m::MetricDataResult::timestamps>("Timestamps"),
        field<&m::MetricDataResult::values>("Values"),
        field<&m::MetricDataResult::status>("StatusCode", optional, m::status_code_limits),
    };
};

template <>
struct Shape<m::GetMetricDataResult> {
    static constexpr std::string_view name = "GetMetricDataOutput";
    static constexpr Field fields[] = {
        field<&m::GetMetricDataResult::results>("MetricDataResults"),
    };
};

template <>
struct Shape<m::DimensionFilter> {
    static constexpr std::string_view name = "DimensionFilter";
    static constexpr Field fields[] = {
        field<&m::DimensionFilter::name>("Name", required, m::dimension_name_limits),
        field<&m::DimensionFilter::value>("Value", optional, m::dimension_value_limits),
    };
};

template <>
struct Shape<m::ListMetrics> {
    static constexpr std::string_view name = "ListMetricsInput";
    static constexpr Field fields[] = {
        field<&m::ListMetrics::space>("Namespace", optional, m::namespace_limits),
        field<&m::ListMetrics::name>("MetricName", optional, m::metric_name_limits),
        field<&m::ListMetrics::dimensions>("Dimensions", optional, m::dimension_filters_limits),
        field<&m::ListMetrics::next_token>("NextToken"),
        field<&m::ListMetrics::recently_active>("RecentlyActive", optional,
                                                m::recently_active_limits),
        field<&m::ListMetrics::linked_accounts>("IncludeLinkedAccounts"),
        field<&m::ListMetrics::owner>("OwningAccount", optional, m::account_id_limits),
    };
};

template <>
struct Shape<m::ListMetricsResult> {
    static constexpr std::string_view name = "ListMetricsOutput";
    static constexpr Field fields[] = {
        field<&m::ListMetricsResult::metrics>("Metrics"),
        field<&m::ListMetricsResult::next_token>("NextToken"),
    };
};

}  // namespace fors::wire
