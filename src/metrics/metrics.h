// SPDX-License-Identifier: Apache-2.0
// metrics: CloudWatch metrics: what services tell through core::MetricSink and clients put, by the
// minute, for 15 days.
//
// The minute under way lies in memory; a timer puts minutes that are over into the history, a
// client's points go there at once. Operations: put.cc, statistics.cc, list.cc; prometheus.cc has
// the same for Prometheus.
#pragma once

#include <map>
#include <memory>

#include "core/metric_series.h"
#include "core/service.h"
#include "env/env.h"
#include "metrics/history.h"
#include "metrics/shapes.h"

namespace fors::metrics {

inline constexpr size_t series_max = 20'000;     // of services, told of within an hour or so
inline constexpr size_t data_max = 1000;         // in a PutMetricData
inline constexpr size_t names_max = 100'000;     // of clients' metrics, with their dimensions
inline constexpr size_t queries_max = 500;       // in a GetMetricData
inline constexpr int64_t datapoints_max = 1440;  // of a GetMetricStatistics
inline constexpr int64_t data_datapoints_max = 100'800;  // of a GetMetricData
inline constexpr size_t page_max = 500;                  // of a ListMetrics

class Metrics final : public core::Service, public core::MetricSink {
public:
    // Everything outlives the service.
    Metrics(env::Env env, log::Log& log);

    // Begins to put minutes away. Once.
    void start();
    // Puts away what is in memory; no more background work. Before the log is drained.
    env::Task<void> stop();

    std::string_view name() const override { return "monitoring"; }
    std::string_view target_prefix() const override { return "GraniteServiceVersion20100801"; }
    std::span<const core::Operation> operations() const override;
    std::span<const std::string_view> operations_missing() const override;
    std::span<const core::ErrorName> errors() const override;
    std::optional<core::QueryProtocol> query_protocol() const override {
        return core::QueryProtocol{"2010-08-01", "http://monitoring.amazonaws.com/doc/2010-08-01/"};
    }

    // Of the series that services hold.
    std::string prometheus() const;

    // Beyond series_max a series is not kept, but counted (prometheus()).
    std::shared_ptr<core::MetricSeries> series(core::MetricKey key) override;

    template <class T = core::Nothing>
    using Answer = env::Task<Result<T>>;
    using Context = core::Context;

    Answer<> put_data(Context&, const PutMetricData&);
    Answer<GetMetricStatisticsResult> get_statistics(Context&, const GetMetricStatistics&);
    Answer<GetMetricDataResult> get_data(Context&, const GetMetricData&);
    Answer<ListMetricsResult> list(Context&, const ListMetrics&);

private:
    // A call's points by name and minute.
    using Merged = std::map<std::pair<core::MetricKey, int64_t>, core::Statistics>;
    bool has_room_for(const Merged& merged) const;

    // All points from that minute on: those in memory, then those of the history.
    env::Task<Result<>> scan(int64_t from_minute, const History::Each& each);
    env::Task<Result<>> put_away(int64_t before_minute);
    void schedule();
    env::Task<void> tick();

    env::Env env_;
    History history_;
    std::map<core::MetricKey, std::shared_ptr<core::MetricSeries>> series_;
    // When each known metric last had a point; filled from the history when it is first asked for.
    std::map<core::MetricKey, int64_t> last_minute_;
    bool listed_ = false;
    uint64_t not_kept_ = 0;
    env::TimerId timer_;
    bool stopping_ = false;
};

// All operations built here, by name.
std::span<const core::Operation> operation_list();

// By name, as keys have them.
std::vector<std::pair<std::string, std::string>> sorted_dimensions(const Dimensions& dimensions);

// Code::invalid_argument: a parameter has a wrong value.
inline std::unexpected<Error> invalid(std::string text) {
    return fail(Code::invalid_argument, std::move(text));
}

}  // namespace fors::metrics
