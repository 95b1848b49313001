// SPDX-License-Identifier: Apache-2.0
// A bucket holds a second's worth of calls, so that an idle client may make them all at once.
#include "streams/call_rates.h"

#include <algorithm>

namespace fors::streams {

bool CallRates::take(std::string_view operation, std::string_view account, std::string_view region,
                     uint64_t generation, int64_t now_ns) {
    const auto rate = std::ranges::find(call_rates, operation, &CallRate::operation);
    if (rate == call_rates.end()) return true;
    const bool of_stream = rate->per == CallRate::Per::stream;
    const Key key =
        of_stream ? Key(&*rate, "", "", generation) : Key(&*rate, account, region, uint64_t{0});
    const auto [at, fresh] =
        buckets_.try_emplace(key, TokenBucket(rate->calls_per_second, rate->calls_per_second));
    return at->second.take(1, now_ns);
}

void CallRates::sweep(int64_t now_ns) {
    for (auto at = buckets_.begin(); at != buckets_.end();) {
        const double full = std::get<const CallRate*>(at->first)->calls_per_second;
        at = at->second.has(full, now_ns) ? buckets_.erase(at) : std::next(at);
    }
}

}  // namespace fors::streams
