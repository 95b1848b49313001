// SPDX-License-Identifier: Apache-2.0
// CautiousClock: the time by which something is destroyed. It follows the wall clock, but a leap
// ahead of more than an hour it believes only when the wall clock has stood by it for an hour: what
// a clock that goes wrong for a moment makes look old must still be there afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "env/clock.h"

namespace fors::core {

inline constexpr int64_t clock_patience_ms = 3'600'000;

// On one thread; the clock outlives it.
class CautiousClock {
public:
    // The wall clock's time at this moment is believed: nothing else is known.
    explicit CautiousClock(const env::Clock& clock, int64_t patience_ms = clock_patience_ms)
        : clock_(clock),
          patience_ms_(patience_ms),
          seen_ms_(steady_ms()),
          believed_ms_(clock.wall_ms()) {}

    // To be asked every now and then: a leap is noticed then.
    int64_t now_ms() {
        const int64_t steady = steady_ms(), wall = clock_.wall_ms();
        const int64_t expected = believed_ms_ + (steady - seen_ms_);
        if (wall <= expected + patience_ms_)
            doubted_since_ms_.reset();
        else if (!doubted_since_ms_)
            doubted_since_ms_ = steady;
        if (doubted_since_ms_ && steady - *doubted_since_ms_ >= patience_ms_)
            doubted_since_ms_.reset();
        believed_ms_ = doubted_since_ms_ ? expected : wall;
        seen_ms_ = steady;
        return believed_ms_;
    }

    // Whether the wall clock was ahead of what is believed when it was asked last.
    bool doubted() const { return doubted_since_ms_.has_value(); }

private:
    int64_t steady_ms() const {
        return std::chrono::duration_cast<std::chrono::milliseconds>(clock_.steady()).count();
    }

    const env::Clock& clock_;
    int64_t patience_ms_;
    int64_t seen_ms_;  // steady
    int64_t believed_ms_;
    std::optional<int64_t> doubted_since_ms_;  // steady
};

}  // namespace fors::core
