// SPDX-License-Identifier: Apache-2.0
// The patterns and enums of the CloudWatch model: each as AWS prints it, with a whole-string test.
#pragma once

#include <array>
#include <string_view>

#include "wire/shape.h"

namespace fors::metrics {

// [^:].*
inline bool is_namespace(std::string_view text) { return !text.empty() && text.front() != ':'; }

inline constexpr std::array<std::string_view, 27> unit_values{"Seconds",
                                                              "Microseconds",
                                                              "Milliseconds",
                                                              "Bytes",
                                                              "Kilobytes",
                                                              "Megabytes",
                                                              "Gigabytes",
                                                              "Terabytes",
                                                              "Bits",
                                                              "Kilobits",
                                                              "Megabits",
                                                              "Gigabits",
                                                              "Terabits",
                                                              "Percent",
                                                              "Count",
                                                              "Bytes/Second",
                                                              "Kilobytes/Second",
                                                              "Megabytes/Second",
                                                              "Gigabytes/Second",
                                                              "Terabytes/Second",
                                                              "Bits/Second",
                                                              "Kilobits/Second",
                                                              "Megabits/Second",
                                                              "Gigabits/Second",
                                                              "Terabits/Second",
                                                              "Count/Second",
                                                              "None"};
inline constexpr std::array<std::string_view, 5> statistic_values{"SampleCount", "Average", "Sum",
                                                                  "Minimum", "Maximum"};
inline constexpr std::array<std::string_view, 2> scan_by_values{"TimestampDescending",
                                                                "TimestampAscending"};
inline constexpr std::array<std::string_view, 4> status_code_values{"Complete", "InternalError",
                                                                    "PartialData", "Forbidden"};
inline constexpr std::array<std::string_view, 1> recently_active_values{"PT3H"};

inline constexpr wire::Limits dimension_name_limits{.min = 1, .max = 255};
inline constexpr wire::Limits dimension_value_limits{.min = 1, .max = 1024};
inline constexpr wire::Limits metric_name_limits{.min = 1, .max = 255};
inline constexpr wire::Limits dimensions_limits{.max = 30};
inline constexpr wire::Limits unit_limits{.values = unit_values};
inline constexpr wire::Limits storage_resolution_limits{.min = 1};
inline constexpr wire::Limits namespace_limits{
    .min = 1, .max = 255, .pattern = R"([^:].*)", .matches = is_namespace};
inline constexpr wire::Limits period_limits{.min = 1};
inline constexpr wire::Limits statistic_limits{.values = statistic_values};
inline constexpr wire::Limits statistics_limits{.min = 1, .max = 5, .element = &statistic_limits};
inline constexpr wire::Limits extended_statistics_limits{.min = 1, .max = 10};
inline constexpr wire::Limits query_id_limits{.min = 1, .max = 255};
inline constexpr wire::Limits expression_limits{.min = 1, .max = 2048};
inline constexpr wire::Limits account_id_limits{.min = 1, .max = 255};
inline constexpr wire::Limits scan_by_limits{.values = scan_by_values};
inline constexpr wire::Limits status_code_limits{.values = status_code_values};
inline constexpr wire::Limits dimension_filters_limits{.max = 10};
inline constexpr wire::Limits recently_active_limits{.values = recently_active_values};

}  // namespace fors::metrics
