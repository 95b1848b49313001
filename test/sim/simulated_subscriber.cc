// SPDX-License-Identifier: Apache-2.0
// The client's side of the event stream's frames.
#include "simulated_subscriber.h"

#include "simulated_server.h"

namespace fors::test {

namespace {

constexpr std::chrono::seconds silence_max{15};  // an event is due every five

uint32_t number_at(const std::string& bytes, size_t at) {
    uint32_t number = 0;
    for (size_t each = 0; each < 4; ++each)
        number = number << 8 | static_cast<unsigned char>(bytes[at + each]);
    return number;
}

}  // namespace

SimulatedSubscriber::SimulatedSubscriber(sim::World& world, sim::Network& network,
                                         sim::Process& process, ClientOptions options)
    : world_(world),
      executor_(process.make_executor()),
      network_(network.view(process, executor_)),
      options_(options) {}

env::Task<void> SimulatedSubscriber::subscribe(std::string body,
                                               std::function<bool(const std::string&)> heard) {
    auto connected = network_->connect({"sim", server_port});
    if (!connected) co_return;
    socket_ = std::move(*connected);
    ++connections_;
    protocol_ = make_protocol(options_);
    refusal_.clear();
    heard_ = std::move(heard);
    env::Completion<bool> ended;
    waiting_ = &ended;
    socket_->start(*this);
    const auto headers =
        request_headers(options_, "SubscribeToShard", body, world_.clock().wall_ms());
    socket_->send(protocol_->request(headers, body));
    expect_event(silence_max);
    (void)co_await ended;
}

void SimulatedSubscriber::expect_event(env::Nanoseconds after) {
    executor_.cancel(silence_);
    silence_ = executor_.after(after, [this] {
        ++silences_;
        finish();
    });
}

void SimulatedSubscriber::rest(env::Nanoseconds duration) {
    socket_->pause_reading(true);
    expect_event(duration + silence_max);
    executor_.after(duration, [this, connection = connections_] {
        if (socket_ && connection == connections_) socket_->pause_reading(false);
    });
}

void SimulatedSubscriber::on_data(Bytes data) {
    if (!waiting_) return;
    std::string reply = protocol_->feed(data);
    if (!reply.empty()) socket_->send(std::move(reply));
    if (protocol_->status != 0 && protocol_->status != 200) {
        if (!protocol_->ended) return;
        refusal_ = protocol_->body;
        return finish();
    }
    if (!take_events() || protocol_->ended) finish();
}

// False when the listener has heard enough.
bool SimulatedSubscriber::take_events() {
    std::string& events = protocol_->body;
    while (events.size() >= 12 && events.size() >= number_at(events, 0)) {
        const size_t size = number_at(events, 0);
        const size_t payload = 12 + number_at(events, 4);
        const std::string headers = events.substr(12, payload - 12);
        const std::string json = events.substr(payload, size - payload - 4);
        events.erase(0, size);
        expect_event(silence_max);
        if (headers.contains("exception")) refusal_ = headers + json;
        if (headers.contains("SubscribeToShardEvent") && !heard_(json)) return false;
    }
    return true;
}

void SimulatedSubscriber::finish() {
    auto* waiting = std::exchange(waiting_, nullptr);
    if (!waiting) return;
    executor_.cancel(silence_);
    executor_.post(
        [waiting, dead = std::make_shared<std::unique_ptr<env::Socket>>(std::move(socket_))] {
            dead->reset();
            waiting->set(true);
        });
}

}  // namespace fors::test
