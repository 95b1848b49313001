// SPDX-License-Identifier: Apache-2.0
// Timers: callbacks by deadline, for the executors of this module. Belongs to one thread.
#pragma once

#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "env/executor.h"

namespace fors::host {

// Time since an arbitrary start that never goes back.
env::Nanoseconds steady_now();

class Timers {
public:
    env::TimerId add(env::Nanoseconds deadline, env::Callback callback) {
        const uint64_t id = ++last_id_;
        deadlines_.emplace(id, deadline);
        callbacks_.emplace(std::pair(deadline, id), std::move(callback));
        return {id};
    }

    void cancel(env::TimerId timer) {
        const auto at = deadlines_.find(timer.value);
        if (at == deadlines_.end()) return;
        callbacks_.erase({at->second, timer.value});
        deadlines_.erase(at);
    }

    std::optional<env::Nanoseconds> next() const {
        if (callbacks_.empty()) return std::nullopt;
        return callbacks_.begin()->first.first;
    }

    // Runs those due at `now`; one that a callback adds for the past runs in a later turn's call.
    void run_due(env::Nanoseconds now) {
        const uint64_t last = last_id_;
        auto at = callbacks_.begin();
        while (at != callbacks_.end() && at->first.first <= now) {
            if (at->first.second > last) {
                ++at;
                continue;
            }
            auto callback = std::move(at->second);
            deadlines_.erase(at->first.second);
            callbacks_.erase(at);
            callback();
            at = callbacks_.begin();
        }
    }

private:
    uint64_t last_id_ = 0;
    std::map<std::pair<env::Nanoseconds, uint64_t>, env::Callback> callbacks_;
    std::unordered_map<uint64_t, env::Nanoseconds> deadlines_;
};

}  // namespace fors::host
