// SPDX-License-Identifier: Apache-2.0
// Pacer: when requests are due at an even rate, whatever the server does (an open loop). A request
// that could not leave in time keeps the time at which it should have: its latency counts from
// there, so a server that stalls is charged for all who would have come meanwhile ("coordinated
// omission").
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "base/assert.h"

namespace fors::load {

class Pacer {
public:
    // The first one is due at `begin`.
    Pacer(double per_second, std::chrono::nanoseconds begin)
        : per_second_(per_second), begin_(begin) {
        FORS_ASSERT(per_second > 0);
    }

    // When the next one is due.
    std::chrono::nanoseconds next() const {
        // From the number, not by adding steps: the error of a step would grow with each.
        const double ns = static_cast<double>(taken_) * 1e9 / per_second_;
        return begin_ + std::chrono::nanoseconds(static_cast<int64_t>(ns));
    }

    // Takes the next one when it is due; gives the time for which it was meant.
    std::optional<std::chrono::nanoseconds> take(std::chrono::nanoseconds now) {
        const auto due = next();
        if (due > now) return std::nullopt;
        ++taken_;
        return due;
    }

    uint64_t taken() const { return taken_; }

private:
    double per_second_;
    std::chrono::nanoseconds begin_;
    uint64_t taken_ = 0;
};

}  // namespace fors::load
