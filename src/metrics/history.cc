// SPDX-License-Identifier: Apache-2.0
// Records are CBOR by shape tables; the members of a point have names of one letter, since there
// are many of them.
#include "metrics/history.h"

#include <set>
#include <unordered_map>

#include "wire/wire.h"

namespace fors::metrics::stored {

struct Series {
    int32_t number = 0;
    std::string_view account, region, space, name, unit;
    std::vector<std::string_view> dimensions;  // names and values by turns
};

struct Point {
    int32_t series = 0;
    int64_t minute = 0;
    double count = 0, sum = 0, min = 0, max = 0;
};

struct Record {
    std::vector<Series> series;
    std::vector<Point> points;
};

}  // namespace fors::metrics::stored

namespace fors::wire {

namespace sm = fors::metrics::stored;

template <>
struct Shape<sm::Series> {
    static constexpr std::string_view name = "Series";
    static constexpr Field fields[] = {
        field<&sm::Series::number>("number"),
        field<&sm::Series::account>("account"),
        field<&sm::Series::region>("region"),
        field<&sm::Series::space>("space"),
        field<&sm::Series::name>("name"),
        field<&sm::Series::unit>("unit"),
        field<&sm::Series::dimensions>("dimensions"),
    };
};

template <>
struct Shape<sm::Point> {
    static constexpr std::string_view name = "Point";
    static constexpr Field fields[] = {
        field<&sm::Point::series>("i"), field<&sm::Point::minute>("t"),
        field<&sm::Point::count>("n"),  field<&sm::Point::sum>("s"),
        field<&sm::Point::min>("l"),    field<&sm::Point::max>("h"),
    };
};

template <>
struct Shape<sm::Record> {
    static constexpr std::string_view name = "Record";
    static constexpr Field fields[] = {
        field<&sm::Record::series>("series"),
        field<&sm::Record::points>("points"),
    };
};

}  // namespace fors::wire

namespace fors::metrics {

namespace {

constexpr int64_t hour_ms = 3'600'000;
constexpr log::ReadLimits read_limits{.records_max = 1000, .bytes_max = 4 << 20};

stored::Series described(const core::MetricKey& key, int32_t number) {
    stored::Series series{.number = number,
                          .account = key.account,
                          .region = key.region,
                          .space = key.space,
                          .name = key.name,
                          .unit = key.unit};
    for (const auto& [name, value] : key.dimensions) {
        series.dimensions.push_back(name);
        series.dimensions.push_back(value);
    }
    return series;
}

core::MetricKey key_of(const stored::Series& from) {
    core::MetricKey key{.account = std::string(from.account),
                        .region = std::string(from.region),
                        .space = std::string(from.space),
                        .name = std::string(from.name),
                        .dimensions = {},
                        .unit = std::string(from.unit)};
    for (size_t at = 0; at + 1 < from.dimensions.size(); at += 2)
        key.dimensions.emplace_back(from.dimensions[at], from.dimensions[at + 1]);
    return key;
}

}  // namespace

env::Task<Result<>> History::append(std::vector<SeriesPoint> points, int64_t now_ms) {
    const int64_t hour = now_ms / hour_ms;
    if (hour != hour_) numbers_.clear();
    hour_ = hour;
    stored::Record record;
    std::set<core::MetricKey> describes;
    Waiting waiting;
    for (const SeriesPoint& each : points) {
        const auto at =
            numbers_.try_emplace(*each.key, static_cast<int32_t>(numbers_.size()), false).first;
        const int32_t number = at->second.number;
        if (!at->second.described && describes.insert(*each.key).second)
            record.series.push_back(described(at->first, number));
        const core::Statistics& statistics = each.point.statistics;
        record.points.push_back({number, each.point.minute, statistics.count, statistics.sum,
                                 statistics.min, statistics.max});
        waiting.emplace_back(*each.key, each.point);
    }
    std::string data;
    wire::encode(wire::Format::cbor, wire::table_of<stored::Record>, &record, data);
    log::Append entry{.shard = log::metrics_shard, .key = {}, .data = as_bytes(data)};
    const uint64_t number = next_waiting_++;
    waiting_.emplace(number, std::move(waiting));
    auto done = co_await log_.append(std::span(&entry, 1));
    waiting_.erase(number);
    if (done && hour == hour_)
        for (const core::MetricKey& key : describes)
            if (const auto at = numbers_.find(key); at != numbers_.end())
                at->second.described = true;
    co_return done;
}

env::Task<Result<>> History::scan(int64_t from_minute, Each each) {
    const log::Sequence end = log_.bounds(log::metrics_shard).next;
    for (const auto& [number, points] : waiting_)
        for (const auto& [key, point] : points) each(key, point);
    // A point may have been put ahead of its time, and its series was described within the hour.
    const int64_t from_ms = from_minute * core::minute_ms - future_ms - hour_ms;
    auto first = co_await log_.find(log::metrics_shard, std::max<int64_t>(from_ms, 0));
    if (!first) co_return std::unexpected(std::move(first.error()));
    std::unordered_map<int32_t, core::MetricKey> keys;
    for (log::Sequence at = *first; at < end;) {
        auto batch = co_await log_.read(log::metrics_shard, at, read_limits);
        if (!batch) co_return std::unexpected(std::move(batch.error()));
        for (const log::Record& record : batch->records) {
            if (record.sequence >= end) break;
            Arena arena;
            stored::Record content;
            if (!wire::decode(wire::Format::cbor, as_text(record.data), arena,
                              wire::table_of<stored::Record>, &content, {.stored = true}))
                co_return fail(Code::corrupt, "a record of metrics can't be read");
            for (const stored::Series& series : content.series)
                keys[series.number] = key_of(series);
            for (const stored::Point& point : content.points)
                if (const auto key = keys.find(point.series); key != keys.end())
                    each(key->second,
                         {point.minute, {point.count, point.sum, point.min, point.max}});
        }
        if (batch->next <= at) break;
        at = batch->next;
    }
    co_return Result<>{};
}

env::Task<void> History::trim(int64_t now_ms) {
    auto first = co_await log_.find(log::metrics_shard, std::max<int64_t>(now_ms - kept_ms, 0));
    if (first && *first > log_.bounds(log::metrics_shard).first)
        log_.trim(log::metrics_shard, *first);
}

}  // namespace fors::metrics
