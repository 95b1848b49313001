// SPDX-License-Identifier: Apache-2.0
// A simulated client: one HTTP/1.1 connection, made again when it breaks; calls as coroutines.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "env/task.h"
#include "sim/network.h"
#include "sim/world.h"

namespace fors::test {

class SimulatedClient final : public env::Socket::Events {
public:
    SimulatedClient(sim::World& world, sim::Network& network, sim::Process& process);

    struct Answer {
        int status = 0;
        std::string body;
    };
    // Nothing when the connection broke or no answer came in time: what the server did is then
    // unknown.
    env::Task<std::optional<Answer>> call(std::string operation, std::string body);

    sim::Executor& executor() { return executor_; }

private:
    void on_data(Bytes data) override;
    void on_sent() override {}
    void on_closed() override;
    void finish(std::optional<Answer> answer);

    sim::World& world_;
    sim::Executor& executor_;
    std::unique_ptr<env::Network> network_;
    std::unique_ptr<env::Socket> socket_;
    std::string received_;
    env::Completion<std::optional<Answer>>* waiting_ = nullptr;
    env::TimerId deadline_;
};

// An HTTP/1.1 request of that operation, well-formed for an open server.
std::string request_text(const std::string& operation, const std::string& body);

// The texts of all members of that name in a JSON document, in their order: "Name":"text".
std::vector<std::string> texts_of(const std::string& json, const std::string& name);

}  // namespace fors::test
