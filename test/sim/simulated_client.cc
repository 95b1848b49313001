// SPDX-License-Identifier: Apache-2.0
// One call at a time; a connection lasts until something breaks it.
#include "simulated_client.h"

#include "auth/auth.h"
#include "simulated_server.h"

namespace fors::test {

namespace {

constexpr std::chrono::seconds patience{5};

// An impostor has the owner's name and its own secret.
auth::AccessKey key_of(ClientOptions::As as) {
    auth::AccessKey key = as == ClientOptions::As::owner ? sim_key() : stranger_key();
    if (as == ClientOptions::As::impostor) key.id = sim_key().id;
    return key;
}

}  // namespace

std::unique_ptr<ClientProtocol> make_protocol(const ClientOptions& options) {
    return options.http2 ? make_http2_client() : make_http1_client();
}

ClientProtocol::Headers request_headers(const ClientOptions& options, const std::string& operation,
                                        const std::string& body, int64_t now_ms) {
    const std::string target =
        operation.contains('.') ? operation : "Kinesis_20131202." + operation;
    // HTTP/2 has no host: the server takes the authority for it (test_http2_client.h).
    ClientProtocol::Headers headers{{"host", options.http2 ? "here" : "sim"},
                                    {"content-type", "application/x-amz-json-1.1"},
                                    {"x-amz-target", target}};
    if (!options.signs) {
        headers.emplace_back("x-amz-date", "20231114T221320Z");
        // In open mode twelve digits are an account.
        const std::string who = options.as == ClientOptions::As::owner ? "sim" : "111122223333";
        headers.emplace_back("authorization", "AWS4-HMAC-SHA256 Credential=" + who +
                                                  "/20231114/us-east-1/kinesis/aws4_request, "
                                                  "SignedHeaders=host, Signature=0");
        return headers;
    }
    std::vector<http::Header> to_sign;
    for (const auto& [name, value] : headers) to_sign.push_back({name, value});
    const auto made = auth::sign({.headers = to_sign,
                                  .body = body,
                                  .service = target.starts_with("Trent") ? "kms" : "kinesis",
                                  .region = "us-east-1",
                                  .now_ms = now_ms},
                                 key_of(options.as));
    headers.emplace_back("x-amz-date", made.amz_date);
    headers.emplace_back("authorization", made.authorization);
    return headers;
}

SimulatedClient::SimulatedClient(sim::World& world, sim::Network& network, sim::Process& process,
                                 ClientOptions options)
    : world_(world),
      executor_(process.make_executor()),
      network_(network.view(process, executor_)),
      options_(options) {}

env::Task<std::optional<SimulatedClient::Answer>> SimulatedClient::call(std::string operation,
                                                                        std::string body) {
    while (!socket_) {
        auto connected = network_->connect({"sim", server_port});
        if (connected) {
            socket_ = std::move(*connected);
            protocol_ = make_protocol(options_);
            socket_->start(*this);
        } else {
            co_await sim::pause{world_, std::chrono::milliseconds(5)};
        }
    }
    env::Completion<std::optional<Answer>> answered;
    waiting_ = &answered;
    deadline_ = executor_.after(patience, [this] {
        ++unanswered_;
        socket_.reset();
        finish(std::nullopt);
    });
    const auto headers = request_headers(options_, operation, body, world_.clock().wall_ms());
    socket_->send(protocol_->request(headers, body));
    co_return co_await answered;
}

void SimulatedClient::on_data(Bytes data) {
    std::string reply = protocol_->feed(data);
    if (!reply.empty()) socket_->send(std::move(reply));
    if (protocol_->ended && protocol_->status != 0)
        finish(Answer{.status = protocol_->status, .body = protocol_->body});
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
