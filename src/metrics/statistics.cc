// SPDX-License-Identifier: Apache-2.0
// GetMetricStatistics and GetMetricData: statistics of periods that are whole minutes.
#include <algorithm>
#include <set>

#include "base/concat.h"
#include "metrics/metrics.h"

namespace fors::metrics {

namespace {

constexpr std::string_view five[] = {"SampleCount", "Average", "Sum", "Minimum", "Maximum"};

double value_of(const core::Statistics& statistics, std::string_view name) {
    if (name == "SampleCount") return statistics.count;
    if (name == "Average") return statistics.sum / statistics.count;
    if (name == "Sum") return statistics.sum;
    if (name == "Minimum") return statistics.min;
    return statistics.max;
}

// Periods of some minutes from a first one on, and which of them a point belongs to.
struct Grid {
    int64_t first_minute, end_minute, minutes;

    std::optional<int64_t> at(int64_t minute) const {
        if (minute < first_minute || minute >= end_minute) return std::nullopt;
        return first_minute + (minute - first_minute) / minutes * minutes;
    }
};

Result<Grid> grid_of(const OptionalTime& start, const OptionalTime& end, int32_t period) {
    if (period % 60 != 0)
        return invalid(concat("The parameter Period must be a multiple of 60. It is ",
                              std::to_string(period), "."));
    if (start->ms >= end->ms)
        return invalid("The parameter StartTime must be less than the parameter EndTime.");
    // The end is not part of it; one within a minute lets the minute in.
    const int64_t first = std::max<int64_t>(start->ms, 0) / core::minute_ms;
    const int64_t last = (end->ms + core::minute_ms - 1) / core::minute_ms;
    return Grid{first, last, period / 60};
}

struct Wanted {
    core::MetricKey key;
    bool any_unit = true;

    bool is(const core::MetricKey& other) const {
        return key.name == other.name && key.space == other.space &&
               key.dimensions == other.dimensions && key.account == other.account &&
               key.region == other.region && (any_unit || key.unit == other.unit);
    }
};

Wanted wanted_of(const core::Context& context, const OptionalText& space, const OptionalText& name,
                 const Dimensions& dimensions, const OptionalText& unit) {
    return {.key = {.account = context.caller.account,
                    .region = context.caller.region,
                    .space = std::string(space.value_or("")),
                    .name = std::string(name.value_or("")),
                    .dimensions = sorted_dimensions(dimensions),
                    .unit = std::string(unit.value_or(""))},
            .any_unit = !unit};
}

bool names(const std::vector<std::string_view>& statistics, std::string_view name) {
    return std::ranges::find(statistics, name) != statistics.end();
}

}  // namespace

Metrics::Answer<GetMetricStatisticsResult> Metrics::get_statistics(Context& context,
                                                                   const GetMetricStatistics& in) {
    if (in.extended && !in.extended->empty())
        co_return invalid("ExtendedStatistics are not implemented by this version of fors.");
    if (!in.statistics)
        co_return fail(Code::missing_parameter, "The parameter Statistics must be given.");
    auto grid = grid_of(in.start, in.end, *in.period);
    if (!grid) co_return std::unexpected(std::move(grid.error()));
    const int64_t asked = (grid->end_minute - grid->first_minute) / grid->minutes;
    if (asked > datapoints_max)
        co_return fail(
            Code::invalid_combination,
            concat("You have requested up to ", std::to_string(asked),
                   " datapoints, which exceeds the limit of 1,440. You may reduce the datapoints "
                   "requested by increasing Period, or decreasing the time range."));
    const Wanted wanted = wanted_of(context, in.space, in.name, in.dimensions, in.unit);
    std::map<std::pair<int64_t, std::string>, core::Statistics> found;  // by period and unit
    auto scanned =
        co_await scan(grid->first_minute, [&](const auto& key, const core::MetricPoint& point) {
            const auto period = grid->at(point.minute);
            if (period && wanted.is(key)) found[{*period, key.unit}].merge(point.statistics);
        });
    if (!scanned) co_return std::unexpected(std::move(scanned.error()));

    GetMetricStatisticsResult result{.label = *in.name};
    for (const auto& [at, statistics] : found) {
        Datapoint& out = result.datapoints.emplace_back();
        out.timestamp = {at.first * core::minute_ms};
        out.unit = context.arena.copy(at.second);
        const auto give = [&](std::string_view name, std::optional<double>& to) {
            if (names(*in.statistics, name)) to = value_of(statistics, name);
        };
        give("SampleCount", out.count);
        give("Average", out.average);
        give("Sum", out.sum);
        give("Minimum", out.min);
        give("Maximum", out.max);
    }
    co_return result;
}

Metrics::Answer<GetMetricDataResult> Metrics::get_data(Context& context, const GetMetricData& in) {
    if (in.next_token)
        co_return fail(Code::expired_token, "The token is not one of this server's.");
    if (in.queries->size() > queries_max)
        co_return fail(Code::validation,
                       "The collection MetricDataQueries must not have a size greater than 500.");
    struct Running {
        const MetricDataQuery* query;
        Wanted wanted;
        Grid grid;
        std::map<int64_t, core::Statistics> found;
    };
    std::vector<Running> running;
    std::set<std::string_view> ids;
    int64_t first_minute = std::numeric_limits<int64_t>::max();
    int64_t datapoints = 0;
    for (const MetricDataQuery& query : *in.queries) {
        if (!ids.insert(*query.id).second)
            co_return fail(Code::validation, concat("The value ", *query.id,
                                                    " for parameter MetricDataQueries.Id is not "
                                                    "unique."));
        if (query.expression || !query.stat)
            co_return fail(Code::validation,
                           concat("Query ", *query.id,
                                  ": this version of fors answers MetricStat, no Expression."));
        if (query.account && *query.account != context.caller.account)
            co_return fail(
                Code::validation,
                "Metrics of other accounts are not implemented by this version of fors.");
        const MetricStat& stat = *query.stat;
        if (std::ranges::find(five, *stat.stat) == std::end(five))
            co_return fail(Code::validation,
                           concat("Query ", *query.id, ": the statistic ", *stat.stat,
                                  " is not implemented by this version of fors."));
        auto grid = grid_of(in.start, in.end, *stat.period);
        if (!grid) co_return std::unexpected(std::move(grid.error()));
        grid->first_minute -= grid->first_minute % grid->minutes;
        first_minute = std::min(first_minute, grid->first_minute);
        datapoints += (grid->end_minute - grid->first_minute) / grid->minutes;
        if (!query.return_data.value_or(true)) continue;
        running.push_back({&query,
                           wanted_of(context, stat.metric->space, stat.metric->name,
                                     stat.metric->dimensions, stat.unit),
                           *grid,
                           {}});
    }
    if (datapoints >
        std::min<int64_t>(in.datapoints_max.value_or(data_datapoints_max), data_datapoints_max))
        co_return fail(Code::validation,
                       concat("The queries ask for up to ", std::to_string(datapoints),
                              " datapoints, more than MaxDatapoints (100,800 at most)."));
    auto scanned =
        co_await scan(first_minute, [&](const auto& key, const core::MetricPoint& point) {
            for (Running& each : running) {
                const auto period = each.grid.at(point.minute);
                if (period && each.wanted.is(key)) each.found[*period].merge(point.statistics);
            }
        });
    if (!scanned) co_return std::unexpected(std::move(scanned.error()));

    const bool ascending = in.scan_by.value_or("") == "TimestampAscending";
    GetMetricDataResult result;
    for (const Running& each : running) {
        MetricDataResult& out = result.results.emplace_back();
        out.id = *each.query->id;
        out.label = each.query->label.value_or(*each.query->stat->metric->name);
        out.status = "Complete";
        for (const auto& [minute, statistics] : each.found) {
            out.timestamps.push_back({minute * core::minute_ms});
            out.values.push_back(value_of(statistics, *each.query->stat->stat));
        }
        if (ascending) continue;
        std::ranges::reverse(out.timestamps);
        std::ranges::reverse(out.values);
    }
    co_return result;
}

}  // namespace fors::metrics
