// SPDX-License-Identifier: Apache-2.0
// History: the points of all metrics, in a log shard of their own, 15 days long.
//
// A record of that shard holds points of one minute or of one call, and who they belong to: a
// series is described in the first records of each hour that mention it, until one of them is
// durable, and named by a number in those after. A reader begins an hour early, so that it meets
// all descriptions.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

#include "core/metric_series.h"
#include "log/log.h"

namespace fors::metrics {

inline constexpr int64_t kept_ms = 15 * 24 * int64_t{3'600'000};
inline constexpr int64_t future_ms = 2 * int64_t{3'600'000};  // a point may be so far ahead

struct SeriesPoint {
    const core::MetricKey* key;
    core::MetricPoint point;
};

// On the home thread.
class History {
public:
    explicit History(log::Log& log) : log_(log) {}

    // Durable when it returns.
    env::Task<Result<>> append(std::vector<SeriesPoint> points, int64_t now_ms);

    // Everything of these minutes, and more: `each` chooses. Points that append() has not made
    // durable when this is called come first. A point may come in parts, which are to be merged.
    using Each = std::function<void(const core::MetricKey& key, const core::MetricPoint& point)>;
    env::Task<Result<>> scan(int64_t from_minute, Each each);

    // What is older than kept_ms goes.
    env::Task<void> trim(int64_t now_ms);

private:
    using Waiting = std::vector<std::pair<core::MetricKey, core::MetricPoint>>;

    struct Numbered {
        int32_t number;
        bool described;  // in a record that is durable
    };

    log::Log& log_;
    std::map<core::MetricKey, Numbered> numbers_;  // of the hour; none is given twice in it
    int64_t hour_ = 0;
    std::map<uint64_t, Waiting> waiting_;  // being appended
    uint64_t next_waiting_ = 0;
};

}  // namespace fors::metrics
