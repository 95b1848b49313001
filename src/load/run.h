// SPDX-License-Identifier: Apache-2.0
// load: what `fors bench` does: keeps an endpoint of the Kinesis API busy and measures it. Jobs
// know what is sent, workers (one a thread) send and count, a run joins them.
//
// Nothing here is fors' own: any endpoint will do.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "env/env.h"
#include "load/worker.h"

namespace fors::load {

// Threads with a world each; given by main.
class Threads {
public:
    virtual ~Threads() = default;
    // Calls begin(0, env) at once, on the calling thread, which becomes the first of `count`, then
    // begin(n, env) on each of the others; returns after stop(). The worlds stay until the next
    // run.
    virtual void run(uint32_t count,
                     const std::function<void(uint32_t thread, env::Env& env)>& begin,
                     std::function<void()> interrupted) = 0;
    // From the first thread only.
    virtual void stop() = 0;
};

// What one thread does.
class Party {
public:
    virtual ~Party() = default;
    virtual void begin() = 0;
    virtual void stop() = 0;  // as Worker::stop
};

struct Outcome {
    Tally warm_up;
    Tally measured;
    Tally after;  // answered when the time was over
    nanoseconds measured_time{};
    bool interrupted = false;

    Tally total() const;
};

struct Plan {
    uint32_t threads = 1;
    // Called on the thread.
    std::function<std::unique_ptr<Party>(uint32_t thread, env::Env& env, Worker::Events events)>
        make_party;
    // Now and then, on the first thread: what came since the last time, and everything so far.
    std::function<void(const Tally& recent, nanoseconds period, const Outcome& so_far)> progress;
};

Outcome run(Threads& threads, const Plan& plan);

// `whole` divided among `threads`.
Share share_of(const Share& whole, uint32_t thread, uint32_t threads);

}  // namespace fors::load
