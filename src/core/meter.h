// SPDX-License-Identifier: Apache-2.0
// Meter: where everybody counts; printed as Prometheus text at /_fors/metrics.
//
// Made at start, then only added to: counters and histograms are atomics, so any thread may add
// without waiting.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace fors::core {

class Counter {
public:
    void add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
    uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
    std::atomic<uint64_t> value_{0};
};

// Durations in buckets that double from 50 microseconds to 26 seconds.
class Histogram {
public:
    static constexpr size_t buckets = 20;
    static double bound_seconds(size_t bucket);

    void observe(std::chrono::nanoseconds duration);

private:
    friend class Meter;
    std::array<std::atomic<uint64_t>, buckets + 1> counts_{};
    std::atomic<uint64_t> sum_ns_{0};
};

class Meter {
public:
    // `labels` as in Prometheus text: operation="PutRecord",outcome="ok". References stay valid.
    // Before threads start, or from the home thread alone.
    Counter& counter(std::string_view family, std::string_view help, std::string labels = {});
    Histogram& histogram(std::string_view family, std::string_view help, std::string labels = {});
    // Read when the page is printed, on the home thread. `type`: "gauge" or "counter".
    void read(std::string_view family, std::string_view help, std::string_view type,
              std::function<double()> value);

    // All metrics as Prometheus text (version 0.0.4). Home thread.
    std::string prometheus() const;

private:
    struct Family {
        std::string name;
        std::string help;
        std::string type;
        std::vector<std::pair<std::string, const Counter*>> counters;
        std::vector<std::pair<std::string, const Histogram*>> histograms;
        std::function<double()> value;
    };
    Family& family(std::string_view name, std::string_view help, std::string_view type);

    std::deque<Family> families_;
    std::deque<Counter> counters_;
    std::deque<Histogram> histograms_;
};

}  // namespace fors::core
