// SPDX-License-Identifier: Apache-2.0
// The machine's clocks and the operating system's randomness.
#pragma once

#include "env/clock.h"
#include "env/random.h"

namespace fors::host {

class Clock final : public env::Clock {
public:
    int64_t wall_ms() const override;
    std::chrono::nanoseconds steady() const override;
    std::chrono::nanoseconds steady_coarse() const override;
};

class Random final : public env::Random {
public:
    void fill(std::span<std::byte> out) override;
};

}  // namespace fors::host
