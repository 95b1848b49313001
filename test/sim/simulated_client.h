// SPDX-License-Identifier: Apache-2.0
// A simulated client: one connection, made again when it breaks; calls as coroutines.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "client_protocol.h"
#include "env/task.h"
#include "sim/network.h"
#include "sim/world.h"

namespace fors::test {

struct ClientOptions {
    bool http2 = false;
    bool signs = false;  // else a well-formed signature of nobody
    enum class As : uint8_t { owner, impostor, stranger } as = As::owner;
};

class SimulatedClient final : public env::Socket::Events {
public:
    SimulatedClient(sim::World& world, sim::Network& network, sim::Process& process,
                    ClientOptions options = {});

    struct Answer {
        int status = 0;
        std::string body;
    };
    // `operation` of Kinesis, or a whole target ("TrentService.CreateKey"). Nothing when the
    // connection broke or no answer came in time: what the server did is then unknown.
    env::Task<std::optional<Answer>> call(std::string operation, std::string body);

    sim::Executor& executor() { return executor_; }
    // Calls that were given up, the connection being there and nothing being heard.
    int unanswered() const { return unanswered_; }

private:
    void on_data(Bytes data) override;
    void on_sent() override {}
    void on_closed() override;
    void finish(std::optional<Answer> answer);

    sim::World& world_;
    sim::Executor& executor_;
    std::unique_ptr<env::Network> network_;
    ClientOptions options_;
    std::unique_ptr<env::Socket> socket_;
    std::unique_ptr<ClientProtocol> protocol_;  // as long as the socket
    env::Completion<std::optional<Answer>>* waiting_ = nullptr;
    env::TimerId deadline_;
    int unanswered_ = 0;
};

std::unique_ptr<ClientProtocol> make_protocol(const ClientOptions& options);

// What a request of that operation carries.
ClientProtocol::Headers request_headers(const ClientOptions& options, const std::string& operation,
                                        const std::string& body, int64_t now_ms);

// The texts of all members of that name in a JSON document, in their order: "Name":"text".
std::vector<std::string> texts_of(const std::string& json, const std::string& name);

}  // namespace fors::test
