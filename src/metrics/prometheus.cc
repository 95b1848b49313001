// SPDX-License-Identifier: Apache-2.0
// What services tell, as Prometheus text: totals since the series came to be, not by the minute.
#include <charconv>

#include "metrics/metrics.h"

namespace fors::metrics {

namespace {

// Label values: backslash, quote and line feed are escaped.
void label(std::string& out, std::string_view name, std::string_view value) {
    if (out.back() != '{') out += ',';
    out.append(name).append("=\"");
    for (const char c : value) {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
    out += '"';
}

void line(std::string& out, std::string_view suffix, std::string_view labels, double value) {
    char text[40];
    out.append("fors_metric").append(suffix).append(labels).append(" ");
    out.append(text, std::to_chars(text, text + sizeof(text), value).ptr).append("\n");
}

}  // namespace

std::string Metrics::prometheus() const {
    std::string out =
        "# HELP fors_metric What CloudWatch has by the minute, since the start.\n"
        "# TYPE fors_metric summary\n";
    for (const auto& [key, series] : series_) {
        std::string labels = "{";
        label(labels, "account", key.account);
        label(labels, "region", key.region);
        label(labels, "namespace", key.space);
        label(labels, "metric", key.name);
        for (const auto& [name, value] : key.dimensions) label(labels, name, value);
        labels += '}';
        line(out, "_sum", labels, series->total().sum);
        line(out, "_count", labels, series->total().count);
    }
    out +=
        "# HELP fors_metric_series_not_kept_total Times that a series found no room.\n"
        "# TYPE fors_metric_series_not_kept_total counter\n"
        "fors_metric_series_not_kept_total " +
        std::to_string(not_kept_) + "\n";
    return out;
}

}  // namespace fors::metrics
