// SPDX-License-Identifier: Apache-2.0
// PutMetricData: a client's points are durable when it is answered.
#include <algorithm>
#include <cmath>

#include "base/concat.h"
#include "metrics/metrics.h"

namespace fors::metrics {

namespace {

constexpr int64_t past_ms = 14 * 24 * int64_t{3'600'000};
constexpr size_t values_max = 150;
const double value_max = std::pow(2.0, 360);  // as AWS has it; sums of such stay finite

Result<core::Statistics> statistics_of(const Datum& datum) {
    core::Statistics all;
    const int forms = (datum.value ? 1 : 0) + (datum.statistics ? 1 : 0) + (datum.values ? 1 : 0);
    if (forms != 1)
        return fail(Code::invalid_combination,
                    "One of the parameters Value, Values and StatisticValues must be given.");
    const auto fits = [](double value) { return std::abs(value) <= value_max; };
    if (datum.value) {
        if (!fits(*datum.value)) return invalid("Value must be a number between -2^360 and 2^360.");
        all.add(*datum.value, 1);
    } else if (datum.statistics) {
        const StatisticSet& set = *datum.statistics;
        if (!fits(*set.count) || !fits(*set.sum) || !fits(*set.min) || !fits(*set.max) ||
            *set.count <= 0 || *set.min > *set.max)
            return invalid(
                "StatisticValues must be numbers between -2^360 and 2^360 of at least one sample.");
        all = {*set.count, *set.sum, *set.min, *set.max};
    } else {
        if (datum.values->size() > values_max || datum.values->empty())
            return invalid("Values must have from 1 to 150 members.");
        if (datum.counts && datum.counts->size() != datum.values->size())
            return fail(Code::invalid_combination,
                        "Values and Counts must have the same number of members.");
        for (size_t at = 0; at < datum.values->size(); ++at) {
            const double times = datum.counts ? (*datum.counts)[at] : 1;
            if (!fits((*datum.values)[at]) || !fits(times) || times <= 0)
                return invalid(
                    "Values and Counts must be numbers between -2^360 and 2^360, Counts above "
                    "zero.");
            all.add((*datum.values)[at], times);
        }
    }
    return all;
}

// Such names would be there to be read in every list of metrics.
Result<> check_text(std::string_view parameter, std::string_view text) {
    const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == '\x7f'; };
    if (std::ranges::none_of(text, is_control)) return {};
    return invalid(concat("The parameter ", parameter, " must not have control characters."));
}

Result<> check_texts(const Datum& datum) {
    auto checked = check_text("MetricName", *datum.name);
    if (!checked || !datum.dimensions) return checked;
    for (const Dimension& dimension : *datum.dimensions) {
        if (checked) checked = check_text("Dimensions.Name", *dimension.name);
        if (checked) checked = check_text("Dimensions.Value", *dimension.value);
    }
    return checked;
}

}  // namespace

// Names that are there are always taken; of clients' names there are names_max at most.
bool Metrics::has_room_for(const Merged& merged) const {
    size_t added = 0;
    const core::MetricKey* before = nullptr;
    for (const auto& [at, statistics] : merged) {
        if (before && *before == at.first) continue;
        before = &at.first;
        added += last_minute_.contains(at.first) ? 0 : 1;
    }
    if (added == 0 || last_minute_.size() + added <= names_max) return true;
    const auto of_clients = std::ranges::count_if(
        last_minute_, [](const auto& each) { return !each.first.space.starts_with("AWS/"); });
    return static_cast<size_t>(of_clients) + added <= names_max;
}

Metrics::Answer<> Metrics::put_data(Context& context, const PutMetricData& in) {
    if (in.entities && !in.entities->empty())
        co_return invalid("EntityMetricData is not implemented by this version of fors.");
    if (!in.data || in.data->empty())
        co_return fail(Code::missing_parameter, "The parameter MetricData is required.");
    if (in.data->size() > data_max)
        co_return invalid("The collection MetricData must not have a size greater than 1000.");
    if (in.space->starts_with("AWS/"))
        co_return invalid(concat("The value ", *in.space,
                                 " for parameter Namespace is invalid: AWS/ is reserved."));
    if (auto right = check_text("Namespace", *in.space); !right)
        co_return std::unexpected(std::move(right.error()));
    Merged merged;
    for (const Datum& datum : *in.data) {
        if (auto right = check_texts(datum); !right)
            co_return std::unexpected(std::move(right.error()));
        auto statistics = statistics_of(datum);
        if (!statistics) co_return std::unexpected(std::move(statistics.error()));
        if (datum.resolution.value_or(60) != 60)
            co_return invalid(
                "StorageResolution: this version of fors keeps metrics by the minute (60).");
        const int64_t at_ms = datum.timestamp ? datum.timestamp->ms : context.now_ms;
        if (at_ms < context.now_ms - past_ms || at_ms > context.now_ms + future_ms)
            co_return invalid(
                "The parameter Timestamp must be within the last two weeks and no more than two "
                "hours ahead.");
        core::MetricKey key{.account = context.caller.account,
                            .region = context.caller.region,
                            .space = std::string(*in.space),
                            .name = std::string(*datum.name),
                            .dimensions = sorted_dimensions(datum.dimensions),
                            .unit = std::string(datum.unit.value_or("None"))};
        merged[{std::move(key), at_ms / core::minute_ms}].merge(*statistics);
    }
    if (!has_room_for(merged))
        co_return fail(Code::limit_exceeded,
                       concat("There are ", std::to_string(names_max),
                              " metrics already, the most that this version of fors keeps."));
    std::vector<SeriesPoint> points;
    for (const auto& [at, statistics] : merged) {
        points.push_back({&at.first, {at.second, statistics}});
        auto& last = last_minute_[at.first];
        last = std::max(last, at.second);
    }
    auto done = co_await history_.append(std::move(points), context.now_ms);
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return core::Nothing{};
}

}  // namespace fors::metrics
