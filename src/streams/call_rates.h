// SPDX-License-Identifier: Apache-2.0
// CallRates: how many calls of each control-plane operation an account or a stream has left
// (limits.h, `call_rates`).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "streams/limits.h"
#include "streams/token_bucket.h"

namespace fors::streams {

// On the home thread.
class CallRates {
public:
    // Takes one call, when there is one left; operations without a rate always have one.
    // `generation` is of the stream it is about, 0 for none. Steady time.
    bool take(std::string_view operation, std::string_view account, std::string_view region,
              uint64_t generation, int64_t now_ns);
    // Forgets what has recovered, so that memory is bounded by the calls of the last second.
    void sweep(int64_t now_ns);
    size_t size() const { return buckets_.size(); }

private:
    // Rate; account and region, or the stream's generation.
    using Key = std::tuple<const CallRate*, std::string, std::string, uint64_t>;
    std::map<Key, TokenBucket> buckets_;
};

}  // namespace fors::streams
