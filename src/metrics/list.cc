// SPDX-License-Identifier: Apache-2.0
// ListMetrics: what had a point within the last 15 days.
#include <algorithm>
#include <charconv>

#include "metrics/metrics.h"

namespace fors::metrics {

namespace {

constexpr int64_t recent_minutes = 180;

bool fits(const core::MetricKey& key, const ListMetrics& in) {
    if (in.space && *in.space != key.space) return false;
    if (in.name && *in.name != key.name) return false;
    if (!in.dimensions) return true;
    return std::ranges::all_of(*in.dimensions, [&](const DimensionFilter& filter) {
        return std::ranges::any_of(key.dimensions, [&](const auto& dimension) {
            return dimension.first == *filter.name &&
                   (!filter.value || dimension.second == *filter.value);
        });
    });
}

// A metric is one, whatever units it comes in: keys that differ in it alone are neighbours.
bool same_metric(const core::MetricKey& left, const core::MetricKey& right) {
    return left.space == right.space && left.name == right.name &&
           left.dimensions == right.dimensions;
}

}  // namespace

Metrics::Answer<ListMetricsResult> Metrics::list(Context& context, const ListMetrics& in) {
    if (in.linked_accounts.value_or(false) || (in.owner && *in.owner != context.caller.account))
        co_return invalid("Metrics of other accounts are not implemented by this version of fors.");
    size_t offset = 0;
    if (in.next_token) {
        const char* end = in.next_token->data() + in.next_token->size();
        const auto parsed = std::from_chars(in.next_token->data(), end, offset);
        if (parsed.ec != std::errc() || parsed.ptr != end)
            co_return invalid("The parameter NextToken is not one of this server's.");
    }
    const int64_t now_minute = context.now_ms / core::minute_ms;
    const auto note = [this](const core::MetricKey& key, const core::MetricPoint& point) {
        auto& last = last_minute_[key];
        last = std::max(last, point.minute);
    };
    if (listed_) {
        for (const auto& [key, series] : series_)
            for (const core::MetricPoint& point : series->points()) note(key, point);
    } else {
        auto scanned = co_await scan(now_minute - kept_ms / core::minute_ms, note);
        if (!scanned) co_return std::unexpected(std::move(scanned.error()));
        listed_ = true;
    }
    const int64_t oldest =
        now_minute - (in.recently_active ? recent_minutes : kept_ms / core::minute_ms);
    std::vector<const core::MetricKey*> all;
    for (const auto& [key, last] : last_minute_) {
        if (key.account != context.caller.account || key.region != context.caller.region) continue;
        if (last < oldest || !fits(key, in)) continue;
        if (all.empty() || !same_metric(*all.back(), key)) all.push_back(&key);
    }
    ListMetricsResult result;
    for (size_t at = offset; at < std::min(all.size(), offset + page_max); ++at) {
        Metric& out = result.metrics.emplace_back();
        out.space = context.arena.copy(all[at]->space);
        out.name = context.arena.copy(all[at]->name);
        out.dimensions.emplace();
        for (const auto& [name, value] : all[at]->dimensions)
            out.dimensions->push_back({context.arena.copy(name), context.arena.copy(value)});
    }
    if (all.size() > offset + page_max)
        result.next_token = context.arena.copy(std::to_string(offset + page_max));
    co_return result;
}

}  // namespace fors::metrics
