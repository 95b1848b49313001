// SPDX-License-Identifier: Apache-2.0
// Requests: the party of loads that are requests and answers: a job and the worker that does it.
#pragma once

#include <memory>
#include <utility>

#include "load/run.h"

namespace fors::load {

class Requests final : public Party {
public:
    Requests(env::Env& env, const Target& target, std::unique_ptr<Job> job, const Share& share,
             Worker::Events events)
        : job_(std::move(job)), worker_(env, target, *job_, share, std::move(events)) {}

    void begin() override { worker_.begin(); }
    void stop() override { worker_.stop(); }

private:
    std::unique_ptr<Job> job_;
    Worker worker_;
};

}  // namespace fors::load
