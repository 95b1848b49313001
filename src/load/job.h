// SPDX-License-Identifier: Apache-2.0
// Job: what a worker sends and what it makes of the answers; one for each kind of load.
#pragma once

#include <memory>
#include <string_view>

#include "load/link.h"
#include "load/tally.h"

namespace fors::load {

class Job {
public:
    virtual ~Job() = default;
    // The lane's next request only prepares others (an iterator): it is neither paced nor measured.
    virtual bool prepares(size_t) { return false; }
    // `due` is when the request should leave.
    virtual Call next(size_t lane, std::chrono::nanoseconds due) = 0;
    // An answer of 200.
    virtual void succeeded(size_t lane, std::string_view body, Tally& tally) = 0;
    // Any other answer, or none.
    virtual void failed(size_t lane, std::string_view type, Tally& tally) = 0;
};

// What an answer that is not 200 says.
struct Refusal {
    std::string type;  // "ProvisionedThroughputExceededException", or "HTTP 502"
    std::string text;
};
Refusal refusal_of(int status, std::string_view body);
bool is_throttling(std::string_view type);

}  // namespace fors::load
