// SPDX-License-Identifier: Apache-2.0
// Worker: a plain thread as an executor: the log thread, the background thread. Sleeps when there
// is nothing to do.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "env/executor.h"
#include "host/timers.h"

namespace fors::host {

class Worker final : public env::Executor {
public:
    // `name` is what ps and perf show (15 characters).
    explicit Worker(std::string name);
    // Finishes. Nobody posts any more: of workers that post to each other, all finish before the
    // first is destroyed.
    ~Worker() override;

    // Runs what was posted so far, then ends the thread; what is posted later is never run. Calls
    // after the first do nothing.
    void finish();

    void post(env::Callback callback) override;
    env::TimerId after(env::Nanoseconds delay, env::Callback callback) override;
    void cancel(env::TimerId timer) override;
    void at_turn_end(env::Callback callback) override;

private:
    void run();
    bool wait();  // false: time to end

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<env::Callback> inbox_;
    bool stopping_ = false;
    Timers timers_;                       // the worker thread's
    std::deque<env::Callback> turn_end_;  // the worker thread's
    std::thread thread_;
};

}  // namespace fors::host
