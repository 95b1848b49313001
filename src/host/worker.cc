// SPDX-License-Identifier: Apache-2.0
// The loop of a worker thread.
#include "host/worker.h"

#include <pthread.h>

namespace fors::host {

Worker::Worker(std::string name)
    : thread_([this, name = std::move(name)] {
          pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
          run();
      }) {}

Worker::~Worker() { finish(); }

void Worker::finish() {
    if (!thread_.joinable()) return;
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wake_.notify_one();
    thread_.join();
}

void Worker::post(env::Callback callback) {
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = inbox_.empty();
        inbox_.push_back(std::move(callback));
    }
    if (first) wake_.notify_one();
}

env::TimerId Worker::after(env::Nanoseconds delay, env::Callback callback) {
    return timers_.add(steady_now() + delay, std::move(callback));
}

void Worker::cancel(env::TimerId timer) { timers_.cancel(timer); }

void Worker::at_turn_end(env::Callback callback) { turn_end_.push_back(std::move(callback)); }

void Worker::run() {
    std::vector<env::Callback> running;
    while (wait()) {
        {
            const std::lock_guard lock(mutex_);
            running.swap(inbox_);
        }
        for (auto& callback : running) callback();
        running.clear();
        timers_.run_due(steady_now());
        while (!turn_end_.empty()) {
            auto callback = std::move(turn_end_.front());
            turn_end_.pop_front();
            callback();
        }
    }
}

bool Worker::wait() {
    std::unique_lock lock(mutex_);
    const auto has_work = [this] { return stopping_ || !inbox_.empty(); };
    if (const auto next = timers_.next())
        wake_.wait_for(lock, *next - steady_now(), has_work);
    else
        wake_.wait(lock, has_work);
    return !(stopping_ && inbox_.empty());
}

}  // namespace fors::host
