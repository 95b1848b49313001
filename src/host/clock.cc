// SPDX-License-Identifier: Apache-2.0
// clock_gettime and getrandom.
#include "host/clock.h"

#include <sys/random.h>
#include <time.h>

#include "base/assert.h"
#include "host/timers.h"

namespace fors::host {

namespace {

int64_t read_ns(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

}  // namespace

env::Nanoseconds steady_now() { return env::Nanoseconds(read_ns(CLOCK_MONOTONIC)); }

int64_t Clock::wall_ms() const { return read_ns(CLOCK_REALTIME) / 1'000'000; }
std::chrono::nanoseconds Clock::steady() const { return steady_now(); }
std::chrono::nanoseconds Clock::steady_coarse() const {
    return env::Nanoseconds(read_ns(CLOCK_MONOTONIC_COARSE));
}

void Random::fill(std::span<std::byte> out) {
    while (!out.empty()) {
        const ssize_t got = getrandom(out.data(), out.size(), 0);
        if (got < 0) continue;  // interrupted; getrandom has no other failure for a good buffer
        out = out.subspan(static_cast<size_t>(got));
    }
}

}  // namespace fors::host
