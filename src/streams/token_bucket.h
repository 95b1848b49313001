// SPDX-License-Identifier: Apache-2.0
// TokenBucket: a rate with a burst; may go into debt, so that one large answer is paid for by
// waiting afterwards.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/planted.h"

namespace fors::streams {

class TokenBucket {
public:
    TokenBucket(double per_second, double burst)
        : per_second_(per_second), burst_(burst), tokens_(burst) {}

    // Takes `amount` when that much is there.
    bool take(double amount, int64_t now_ns) {
        if (!has(amount, now_ns)) return false;
        tokens_ -= amount;
        return true;
    }

    bool has(double amount, int64_t now_ns) {
        refill(now_ns);
        return tokens_ >= amount;
    }

    // Takes `amount` whether it is there or not.
    void charge(double amount, int64_t now_ns) {
        refill(now_ns);
        tokens_ -= amount;
    }

    // Until has(amount) holds; 0 when it does.
    int64_t wait_ns(double amount, int64_t now_ns) {
        refill(now_ns);
        return static_cast<int64_t>(std::max(0.0, (amount - tokens_) / per_second_ * 1e9));
    }

    void set_burst(double burst) {
        tokens_ += burst - burst_;
        burst_ = burst;
    }

private:
    void refill(int64_t now_ns) {
        if (planted(Bug::token_bucket_never_refilled)) return;
        if (last_ns_ != 0 && now_ns > last_ns_)
            tokens_ = std::min(
                burst_, tokens_ + per_second_ * static_cast<double>(now_ns - last_ns_) * 1e-9);
        last_ns_ = std::max(last_ns_, now_ns);
    }

    double per_second_;
    double burst_;
    double tokens_;
    int64_t last_ns_ = 0;
};

}  // namespace fors::streams
