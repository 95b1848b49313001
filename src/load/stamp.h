// SPDX-License-Identifier: Apache-2.0
// Stamp: what a pushed record's data begins with: the run it belongs to and when it was due.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/bytes.h"

namespace fors::load {

inline constexpr size_t stamp_bytes = 48;  // 16 characters of base64 times 4: no tail to care for

inline std::string stamp(uint64_t run, std::chrono::nanoseconds due) {
    char text[stamp_bytes + 1];
    std::snprintf(text, sizeof(text), "fors-bench %016llx %020lld",
                  static_cast<unsigned long long>(run), static_cast<long long>(due.count()));
    return text;
}

// From the base64 of a record's data; nothing when it is of another run, or of somebody else.
inline std::optional<std::chrono::nanoseconds> due_of(std::string_view base64_text, uint64_t run) {
    if (base64_text.size() < stamp_bytes / 3 * 4) return std::nullopt;
    std::byte bytes[stamp_bytes];
    const auto decoded = base64::decode(base64_text.substr(0, stamp_bytes / 3 * 4), bytes);
    if (decoded.fault != base64::Fault::none || decoded.size != stamp_bytes) return std::nullopt;
    const std::string text(as_text(bytes));
    unsigned long long of = 0;
    long long due = 0;
    if (std::sscanf(text.c_str(), "fors-bench %16llx %20lld", &of, &due) != 2 || of != run)
        return std::nullopt;
    return std::chrono::nanoseconds(due);
}

}  // namespace fors::load
