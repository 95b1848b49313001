// SPDX-License-Identifier: Apache-2.0
#include "limits.h"

#include <array>
#include <cstdio>

#include "streams/limits.h"

namespace fors {

namespace {

void add_line(const streams::Limit& limit, std::string& out) {
    std::array<char, 200> line;
    std::snprintf(line.data(), line.size(), "%-19.*s %-39.*s %10.0f %-18.*s%s\n",
                  static_cast<int>(limit.of.size()), limit.of.data(),
                  static_cast<int>(limit.what.size()), limit.what.data(), limit.value,
                  static_cast<int>(limit.unit.size()), limit.unit.data(),
                  limit.with_limits ? "--limits aws" : "always");
    out += line.data();
}

}  // namespace

std::string describe_limits() {
    std::string out;
    for (const streams::Limit& limit : streams::limit_table) add_line(limit, out);
    for (const streams::CallRate& rate : streams::call_rates)
        add_line({rate.per == streams::CallRate::Per::stream ? "stream" : "account and region",
                  rate.operation, rate.calls_per_second, "calls/s", true},
                 out);
    return out;
}

}  // namespace fors
