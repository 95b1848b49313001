// SPDX-License-Identifier: Apache-2.0
// ThrottledPace: so many bytes a second and no more, for work beside the serving.
#pragma once

#include <algorithm>
#include <atomic>

#include "env/env.h"
#include "journal/pace.h"

namespace fors {

class ThrottledPace final : public journal::Pace {
public:
    // Waits on `apart`, where the reading is done. 0: as fast as it goes.
    ThrottledPace(env::Clock& clock, env::Executor& apart, uint64_t bytes_per_second)
        : clock_(clock), apart_(apart), rate_(bytes_per_second) {}

    env::Task<bool> took(size_t bytes) override {
        done_ += bytes;
        if (rate_ > 0) {
            const auto now = clock_.steady();
            // A delay is not made up for by a burst.
            free_ = std::max(free_, now - slack) +
                    env::Nanoseconds(static_cast<int64_t>(bytes * 1'000'000'000 / rate_));
            // In naps, as nothing else wakes one who is to stop.
            for (auto left = free_ - now; left > env::Nanoseconds(0) && !stopped_;
                 left = free_ - clock_.steady())
                co_await env::sleep(apart_, std::min<env::Nanoseconds>(left, nap));
        }
        co_return !stopped_;
    }
    void skipped(size_t bytes) override { done_ += bytes; }

    // From any thread.
    uint64_t done() const { return done_; }
    void stop() { stopped_ = true; }

private:
    static constexpr std::chrono::milliseconds slack{50};
    static constexpr std::chrono::milliseconds nap{100};

    env::Clock& clock_;
    env::Executor& apart_;
    uint64_t rate_;
    env::Nanoseconds free_{0};  // when the next bytes may be read
    std::atomic<uint64_t> done_{0};
    std::atomic<bool> stopped_{false};
};

}  // namespace fors
