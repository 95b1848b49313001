// SPDX-License-Identifier: Apache-2.0
// Clock: wall time for people and protocols, steady time for measuring and time-outs.
#pragma once

#include <chrono>
#include <cstdint>

namespace fors::env {

class Clock {
public:
    virtual ~Clock() = default;

    // Milliseconds since 1970 UTC; may jump. Any thread.
    virtual int64_t wall_ms() const = 0;

    // Since an arbitrary start; never goes back. Any thread.
    virtual std::chrono::nanoseconds steady() const = 0;

    // As steady(), as of some milliseconds ago: for time-outs, at a fifth of the cost. Any thread.
    virtual std::chrono::nanoseconds steady_coarse() const { return steady(); }
};

}  // namespace fors::env
