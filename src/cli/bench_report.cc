// SPDX-License-Identifier: Apache-2.0
// What fors bench says: a line while it runs, a table or JSON at its end.
#include <cmath>
#include <cstdio>

#include "base/size_text.h"
#include "cli/bench.h"

namespace fors::cli {

namespace {

using client::json_string;
using load::Histogram;
using load::nanoseconds;
using load::Tally;

constexpr double percents[] = {50, 90, 99, 99.9, 99.99};
constexpr size_t label_columns = 14;

double seconds_of(nanoseconds time) { return static_cast<double>(time.count()) * 1e-9; }

double per_second(uint64_t count, nanoseconds time) {
    const double seconds = seconds_of(time);
    return seconds > 0 ? static_cast<double>(count) / seconds : 0;
}

std::string fixed(double value, int digits) {
    char text[64];
    std::snprintf(text, sizeof(text), "%.*f", digits, value);
    return text;
}

// 12345678 as "12,345,678".
std::string grouped(uint64_t number) {
    std::string text = std::to_string(number);
    for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, ",");
    return text;
}

std::string rate_text(uint64_t count, nanoseconds time) {
    const double rate = per_second(count, time);
    return (rate < 100 ? fixed(rate, 1) : grouped(static_cast<uint64_t>(std::llround(rate)))) +
           "/s";
}

// Three digits that say something.
std::string ms_text(nanoseconds time) {
    const double ms = static_cast<double>(time.count()) * 1e-6;
    return fixed(ms, ms < 10 ? 2 : ms < 100 ? 1 : 0);
}

std::string percent_text(double percent) {
    std::string text = fixed(percent, 2);
    text.resize(text.find_last_not_of('0') + 1);
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::string row(std::string label, const std::string& value) {
    label.resize(std::max(label_columns, label.size() + 1), ' ');
    return label + value + "\n";
}

std::string distribution(const Histogram& times) {
    std::string text = "min " + ms_text(times.min()) + "  mean " + ms_text(times.mean());
    for (const double percent : percents)
        text += "  p" + percent_text(percent) + " " + ms_text(times.percentile(percent));
    return text + "  max " + ms_text(times.max());
}

std::string_view latency_name(Work work) { return work == Work::push ? "put to event" : "latency"; }

// What the records of a kind of load are.
std::string_view records_name(Work work) {
    return work == Work::get ? "records read" : work == Work::push ? "events heard" : "records";
}

std::string troubles_text(const Tally& total) {
    std::string text;
    for (const auto& [kind, trouble] : total.troubles)
        text += row("  " + kind, grouped(trouble.count) + (trouble.text.empty() ? "" : "  ") +
                                     printable(trouble.text));
    return text;
}

std::string counts_json(const Tally& tally) {
    return R"("requests":)" + std::to_string(tally.requests) + R"(,"succeeded":)" +
           std::to_string(tally.succeeded) + R"(,"records":)" + std::to_string(tally.records) +
           R"(,"user_records":)" + std::to_string(tally.user_records) + R"(,"bytes":)" +
           std::to_string(tally.bytes) + R"(,"throttled":)" + std::to_string(tally.throttled) +
           R"(,"failed":)" + std::to_string(tally.failed);
}

std::string distribution_json(const Histogram& times) {
    const auto ms = [](nanoseconds time) {
        return fixed(static_cast<double>(time.count()) * 1e-6, 6);
    };
    std::string json = R"({"count":)" + std::to_string(times.count()) + R"(,"min":)" +
                       ms(times.min()) + R"(,"mean":)" + ms(times.mean());
    for (const double percent : percents)
        json += R"(,"p)" + percent_text(percent) + R"(":)" + ms(times.percentile(percent));
    return json + R"(,"max":)" + ms(times.max()) + "}";
}

std::string measured_json(const load::Outcome& outcome) {
    const Tally& tally = outcome.measured;
    const nanoseconds time = outcome.measured_time;
    return R"({"seconds":)" + fixed(seconds_of(time), 6) + "," + counts_json(tally) +
           R"(,"requests_per_second":)" + fixed(per_second(tally.requests, time), 3) +
           R"(,"records_per_second":)" + fixed(per_second(tally.records, time), 3) +
           R"(,"user_records_per_second":)" + fixed(per_second(tally.user_records, time), 3) +
           R"(,"bytes_per_second":)" + fixed(per_second(tally.bytes, time), 3) +
           R"(,"behind_ms_max":)" + std::to_string(tally.behind_ms_max) + R"(,"latency_ms":)" +
           distribution_json(tally.latency) + R"(,"service_ms":)" +
           distribution_json(tally.service) + "}";
}

std::string troubles_json(const Tally& total) {
    std::string json = "[";
    for (const auto& [kind, trouble] : total.troubles) {
        if (json.size() > 1) json += ",";
        json += R"({"kind":)" + json_string(kind) + R"(,"count":)" + std::to_string(trouble.count) +
                R"(,"text":)" + json_string(printable(trouble.text)) + "}";
    }
    return json + "]";
}

}  // namespace

std::string bench_progress(const Tally& recent, nanoseconds period, const load::Outcome& so_far) {
    const Tally total = so_far.total();
    std::string line =
        (so_far.measured_time > nanoseconds(0) ? fixed(seconds_of(so_far.measured_time), 1) + " s"
                                               : std::string("warming up")) +
        "  " + rate_text(recent.requests, period);
    if (total.records != total.requests) line += "  " + rate_text(recent.records, period) + " rec";
    line += "  p50 " + ms_text(recent.latency.percentile(50)) + "  p99 " +
            ms_text(recent.latency.percentile(99)) + " ms";
    if (total.throttled > 0) line += "  " + grouped(total.throttled) + " throttled";
    if (total.failed > 0) line += "  " + grouped(total.failed) + " failed";
    return line;
}

std::string bench_text(const BenchResult& result) {
    const Tally& measured = result.outcome.measured;
    const Tally total = result.outcome.total();
    const nanoseconds time = result.outcome.measured_time;
    const auto counted = [&](uint64_t count) {
        return grouped(count) + "  " + rate_text(count, time);
    };
    std::string text =
        row("load", result.options.name + ", " +
                        count_text(result.options.connections, "connection") + ", " +
                        (result.protocol.empty() ? "no answer" : result.protocol) + ", " +
                        result.endpoint) +
        row("stream", result.stream) + row("measured", fixed(seconds_of(time), 2) + " s") +
        row("requests", counted(measured.requests)) +
        row(std::string(records_name(result.options.work)),
            counted(measured.records) + "  " +
                size_text(static_cast<uint64_t>(per_second(measured.bytes, time))) + "/s");
    if (measured.user_records != measured.records)
        text += row("user records", counted(measured.user_records));
    if (result.options.work == Work::get)
        text += row("behind",
                    "at most " + grouped(static_cast<uint64_t>(measured.behind_ms_max)) + " ms");
    text += row(std::string(latency_name(result.options.work)),
                distribution(measured.latency) + "  ms");
    // With a rate, latency counts from when a request was due; this from when it left.
    if (result.options.rate > 0)
        text += row(result.options.work == Work::push ? "put" : "service",
                    distribution(measured.service) + "  ms");
    text += row("throttled", grouped(total.throttled)) + row("failed", grouped(total.failed));
    return text + troubles_text(total);
}

std::string bench_json(const BenchResult& result) {
    const BenchOptions& options = result.options;
    return R"({"work":)" + json_string(options.name) + R"(,"endpoint":)" +
           json_string(result.endpoint) + R"(,"stream":)" + json_string(result.stream) +
           R"(,"http":)" + json_string(result.protocol) + R"(,"connections":)" +
           std::to_string(options.connections) + R"(,"threads":)" +
           std::to_string(options.threads) + R"(,"rate":)" + fixed(options.rate, 3) +
           R"(,"size":)" + std::to_string(options.size) + R"(,"interrupted":)" +
           (result.outcome.interrupted ? "true" : "false") + R"(,"total":{)" +
           counts_json(result.outcome.total()) + R"(},"measured":)" +
           measured_json(result.outcome) + R"(,"errors":)" + troubles_json(result.outcome.total()) +
           "}\n";
}

}  // namespace fors::cli
