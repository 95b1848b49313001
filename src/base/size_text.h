// SPDX-License-Identifier: Apache-2.0
// Sizes and counts as people read them.
#pragma once

#include <cstdint>
#include <cstdio>
#include <iterator>
#include <string>
#include <string_view>

namespace fors {

// "1.5 GiB".
inline std::string size_text(uint64_t bytes) {
    constexpr const char* units[] = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
    char text[40];
    std::snprintf(text, sizeof(text), unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

// "1 chunk", "2 chunks"; "2 batches" of ("batch", "batches").
inline std::string count_text(uint64_t count, std::string_view one, std::string_view many = {}) {
    std::string text = std::to_string(count) + " ";
    if (count != 1 && !many.empty()) return text.append(many);
    return text.append(one).append(count == 1 ? "" : "s");
}

}  // namespace fors
