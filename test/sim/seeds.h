// SPDX-License-Identifier: Apache-2.0
// Seeds one after the other, in processes of their own: what killed servers leave behind goes with
// the process, and an assertion that fails or a hang is a fault like any other.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "campaign.h"

namespace fors::test {

struct Failure {
    uint64_t seed;
    std::string fault;  // a line each
};

// Runs `count` seeds from `first` on, or until one fails, or `goes_on` says no, which is asked now
// and then. Adds to `totals`.
std::optional<Failure> run_seeds(
    uint64_t first, uint64_t count, Totals& totals,
    const std::function<bool()>& goes_on = [] { return true; });

}  // namespace fors::test
