// SPDX-License-Identifier: Apache-2.0
// MetricSeries and MetricSink: what services tell of themselves in CloudWatch's terms: values of a
// metric, kept as one set of statistics a minute.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fors::core {

inline constexpr int64_t minute_ms = 60'000;

// "Statistic set" of CloudWatch.
struct Statistics {
    double count = 0, sum = 0, min = 0, max = 0;

    void add(double value, double times) { merge({times, value * times, value, value}); }
    void merge(const Statistics& other) {
        if (other.count <= 0) return;
        min = count > 0 ? std::min(min, other.min) : other.min;
        max = count > 0 ? std::max(max, other.max) : other.max;
        count += other.count;
        sum += other.sum;
    }
};

struct MetricPoint {
    int64_t minute = 0;  // since 1970
    Statistics statistics;
};

// Values of one metric that are not yet put away. On the home thread.
class MetricSeries {
public:
    // One that is not kept takes values and has none.
    explicit MetricSeries(bool kept = true) : kept_(kept) {}
    bool kept() const { return kept_; }

    // `times` the same value.
    void add(double value, int64_t now_ms, double times = 1) {
        if (!kept_) return;
        const int64_t minute = now_ms / minute_ms;
        if (minute > current_.minute) {
            if (current_.statistics.count > 0) closed_.push_back(current_);
            current_ = {.minute = minute, .statistics = {}};
        }
        current_.statistics.add(value, times);
        total_.add(value, times);
    }

    // Of all that was ever added.
    const Statistics& total() const { return total_; }

    // What is not yet put away, oldest first.
    std::vector<MetricPoint> points() const {
        auto all = closed_;
        if (current_.statistics.count > 0) all.push_back(current_);
        return all;
    }
    // Takes what lies before that minute.
    std::vector<MetricPoint> take(int64_t before_minute) {
        auto taken = std::exchange(closed_, {});
        if (current_.minute < before_minute && current_.statistics.count > 0) {
            taken.push_back(current_);
            current_.statistics = {};
        }
        return taken;
    }

private:
    bool kept_;
    MetricPoint current_;
    std::vector<MetricPoint> closed_;
    Statistics total_;
};

struct MetricKey {
    std::string account, region, space, name;                     // space: "AWS/Kinesis"
    std::vector<std::pair<std::string, std::string>> dimensions;  // by name
    std::string unit;                                             // "Count"
    friend auto operator<=>(const MetricKey&, const MetricKey&) = default;
};

class MetricSink {
public:
    virtual ~MetricSink() = default;
    // The series of that key; what is added to it is kept, also after its maker has let go of it.
    virtual std::shared_ptr<MetricSeries> series(MetricKey key) = 0;
};

}  // namespace fors::core
