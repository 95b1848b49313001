// SPDX-License-Identifier: Apache-2.0
// The client's side of HTTP/1.1, as little as the simulation needs.
#include "simulated_client.h"

#include <cstdlib>

namespace fors::test {

namespace {

constexpr std::chrono::seconds patience{5};

}  // namespace

std::string request_text(const std::string& operation, const std::string& body) {
    return "POST / HTTP/1.1\r\nhost: sim\r\ncontent-type: application/x-amz-json-1.1\r\n"
           "x-amz-date: 20231114T221320Z\r\n"
           "authorization: AWS4-HMAC-SHA256 "
           "Credential=sim/20231114/us-east-1/kinesis/aws4_request, "
           "SignedHeaders=host, Signature=0\r\n"
           "x-amz-target: Kinesis_20131202." +
           operation + "\r\ncontent-length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

SimulatedClient::SimulatedClient(sim::World& world, sim::Network& network, sim::Process& process)
    : world_(world),
      executor_(process.make_executor()),
      network_(network.view(process, executor_)) {}

env::Task<std::optional<SimulatedClient::Answer>> SimulatedClient::call(std::string operation,
                                                                        std::string body) {
    while (!socket_) {
        auto connected = network_->connect({"sim", 4566});
        if (connected) {
            socket_ = std::move(*connected);
            received_.clear();
            socket_->start(*this);
        } else {
            co_await sim::pause{world_, std::chrono::milliseconds(5)};
        }
    }
    env::Completion<std::optional<Answer>> answered;
    waiting_ = &answered;
    deadline_ = executor_.after(patience, [this] {
        socket_.reset();
        finish(std::nullopt);
    });
    socket_->send(request_text(operation, body));
    co_return co_await answered;
}

void SimulatedClient::on_data(Bytes data) {
    append(received_, data);
    const size_t head_end = received_.find("\r\n\r\n");
    if (head_end == std::string::npos) return;
    const size_t length_at = received_.find("content-length: ");
    if (length_at == std::string::npos || length_at > head_end) return;
    const size_t length = std::strtoul(received_.c_str() + length_at + 16, nullptr, 10);
    if (received_.size() < head_end + 4 + length) return;
    Answer answer{.status = std::atoi(received_.c_str() + 9),
                  .body = received_.substr(head_end + 4, length)};
    received_.erase(0, head_end + 4 + length);
    finish(std::move(answer));
}

void SimulatedClient::on_closed() {
    executor_.post(
        [this, dead = std::make_shared<std::unique_ptr<env::Socket>>(std::move(socket_))] {
            dead->reset();
            finish(std::nullopt);
        });
}

void SimulatedClient::finish(std::optional<Answer> answer) {
    auto* waiting = std::exchange(waiting_, nullptr);
    if (!waiting) return;
    executor_.cancel(deadline_);
    waiting->set(std::move(answer));
}

std::vector<std::string> texts_of(const std::string& json, const std::string& name) {
    std::vector<std::string> found;
    const std::string marker = "\"" + name + "\":\"";
    for (size_t at = json.find(marker); at != std::string::npos; at = json.find(marker, at)) {
        at += marker.size();
        found.push_back(json.substr(at, json.find('"', at) - at));
    }
    return found;
}

}  // namespace fors::test
