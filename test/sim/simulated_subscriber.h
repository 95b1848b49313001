// SPDX-License-Identifier: Apache-2.0
// A simulated subscriber: SubscribeToShard, a connection for each subscription.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "simulated_client.h"

namespace fors::test {

class SimulatedSubscriber final : public env::Socket::Events {
public:
    SimulatedSubscriber(sim::World& world, sim::Network& network, sim::Process& process,
                        ClientOptions options = {});

    // One subscription from the request to its end, whatever ends it. `heard` is given the JSON of
    // each whole event, and says whether to go on.
    env::Task<void> subscribe(std::string body, std::function<bool(const std::string&)> heard);

    // Why the last subscription was refused, or ended by an exception; empty when it wasn't.
    const std::string& refusal() const { return refusal_; }
    // Subscriptions that were given up: no event came for so long that one was due.
    int silences() const { return silences_; }

    // Reads nothing for so long: the server feels it.
    void rest(env::Nanoseconds duration);

    sim::Executor& executor() { return executor_; }

private:
    void on_data(Bytes data) override;
    void on_sent() override {}
    void on_closed() override { finish(); }
    bool take_events();
    void expect_event(env::Nanoseconds after);
    void finish();

    sim::World& world_;
    sim::Executor& executor_;
    std::unique_ptr<env::Network> network_;
    ClientOptions options_;
    std::unique_ptr<env::Socket> socket_;
    std::unique_ptr<ClientProtocol> protocol_;
    uint64_t connections_ = 0;
    std::string refusal_;
    std::function<bool(const std::string&)> heard_;
    env::Completion<bool>* waiting_ = nullptr;
    env::TimerId silence_;
    int silences_ = 0;
};

}  // namespace fors::test
