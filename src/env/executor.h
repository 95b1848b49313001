// SPDX-License-Identifier: Apache-2.0
// Executor: a thread that runs callbacks in turn (a reactor, the log thread), or in simulation a
// queue in virtual time.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

namespace fors::env {

using Callback = std::move_only_function<void()>;
using Nanoseconds = std::chrono::nanoseconds;

struct TimerId {
    uint64_t value = 0;  // 0: no timer
};

class Executor {
public:
    virtual ~Executor() = default;

    // Runs `callback` on this executor's thread in a later turn, after all that was posted before.
    // From any thread.
    virtual void post(Callback callback) = 0;

    // Runs `callback` on this executor's thread once `delay` has passed. From this executor's
    // thread only.
    virtual TimerId after(Nanoseconds delay, Callback callback) = 0;

    // Takes a timer back; one that already ran (or the zero id) is ignored. From this executor's
    // thread only.
    virtual void cancel(TimerId timer) = 0;

    // Runs `callback` at the end of the current turn, when all input that was ready has been
    // handled: the place to send what many requests of a turn have in common (one journal batch,
    // one write a socket). From this thread only.
    virtual void at_turn_end(Callback callback) = 0;
};

}  // namespace fors::env
