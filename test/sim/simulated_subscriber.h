// SPDX-License-Identifier: Apache-2.0
// A simulated subscriber: SubscribeToShard over HTTP/1.1, a connection for each subscription.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "env/task.h"
#include "sim/network.h"
#include "sim/world.h"

namespace fors::test {

class SimulatedSubscriber final : public env::Socket::Events {
public:
    SimulatedSubscriber(sim::Network& network, sim::Process& process);

    // One subscription from the request to its end, whatever ends it. `heard` is given the JSON of
    // each whole event, and says whether to go on.
    env::Task<void> subscribe(std::string body, std::function<bool(const std::string&)> heard);

    sim::Executor& executor() { return executor_; }

private:
    void on_data(Bytes data) override;
    void on_sent() override {}
    void on_closed() override { finish(); }
    bool take_chunks();
    bool take_events();
    void finish();

    sim::Executor& executor_;
    std::unique_ptr<env::Network> network_;
    std::unique_ptr<env::Socket> socket_;
    std::string received_;  // as it came
    std::string events_;    // without the chunks' frames
    bool head_done_ = false;
    std::function<bool(const std::string&)> heard_;
    env::Completion<bool>* waiting_ = nullptr;
};

}  // namespace fors::test
