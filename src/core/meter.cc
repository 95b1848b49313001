// SPDX-License-Identifier: Apache-2.0
// Prometheus text from the meter's families.
#include "core/meter.h"

#include <bit>
#include <cmath>
#include <cstdio>

#include "base/concat.h"

namespace fors::core {

namespace {

constexpr double first_bound_ns = 50'000;

// Whole ones in full, others by as many digits as a double is sure of.
std::string number(double value) {
    char text[32];
    if (value == std::floor(value) && std::fabs(value) < 1e15)
        std::snprintf(text, sizeof(text), "%.0f", value);
    else
        std::snprintf(text, sizeof(text), "%.15g", value);
    return text;
}

void line(std::string& out, const std::string& name, const std::string& labels, double value) {
    out += name;
    if (!labels.empty()) out += '{' + labels + '}';
    out += ' ' + number(value) + '\n';
}

}  // namespace

double Histogram::bound_seconds(size_t bucket) {
    return first_bound_ns * 1e-9 * static_cast<double>(uint64_t{1} << bucket);
}

void Histogram::observe(std::chrono::nanoseconds duration) {
    const auto ns = static_cast<uint64_t>(duration.count() < 0 ? 0 : duration.count());
    const auto units = (ns + 49'999) / 50'000;
    const size_t bucket = units <= 1 ? 0 : static_cast<size_t>(std::bit_width(units - 1));
    counts_[bucket < buckets ? bucket : buckets].fetch_add(1, std::memory_order_relaxed);
    sum_ns_.fetch_add(ns, std::memory_order_relaxed);
}

Meter::Family& Meter::family(std::string_view name, std::string_view help, std::string_view type) {
    for (Family& family : families_)
        if (family.name == name) return family;
    return families_.emplace_back(
        Family{std::string(name), std::string(help), std::string(type), {}, {}, {}});
}

Counter& Meter::counter(std::string_view name, std::string_view help, std::string labels) {
    Counter& counter = counters_.emplace_back();
    family(name, help, "counter").counters.emplace_back(std::move(labels), &counter);
    return counter;
}

Histogram& Meter::histogram(std::string_view name, std::string_view help, std::string labels) {
    Histogram& histogram = histograms_.emplace_back();
    family(name, help, "histogram").histograms.emplace_back(std::move(labels), &histogram);
    return histogram;
}

void Meter::read(std::string_view name, std::string_view help, std::string_view type,
                 std::function<double()> value) {
    family(name, help, type).value = std::move(value);
}

std::string Meter::prometheus() const {
    std::string out;
    for (const Family& family : families_) {
        out += "# HELP " + family.name + ' ' + family.help + '\n';
        out += "# TYPE " + family.name + ' ' + family.type + '\n';
        if (family.value) line(out, family.name, "", family.value());
        for (const auto& [labels, counter] : family.counters)
            line(out, family.name, labels, static_cast<double>(counter->value()));
        for (const auto& [labels, histogram] : family.histograms) {
            const std::string separator = labels.empty() ? "" : ",";
            uint64_t total = 0;
            for (size_t bucket = 0; bucket <= Histogram::buckets; ++bucket) {
                total += histogram->counts_[bucket].load(std::memory_order_relaxed);
                const std::string bound =
                    bucket < Histogram::buckets ? number(Histogram::bound_seconds(bucket)) : "+Inf";
                line(out, family.name + "_bucket", concat(labels, separator, "le=\"", bound, "\""),
                     static_cast<double>(total));
            }
            const auto sum = histogram->sum_ns_.load(std::memory_order_relaxed);
            line(out, family.name + "_sum", labels, static_cast<double>(sum) * 1e-9);
            line(out, family.name + "_count", labels, static_cast<double>(total));
        }
    }
    return out;
}

}  // namespace fors::core
