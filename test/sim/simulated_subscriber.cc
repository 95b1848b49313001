// SPDX-License-Identifier: Apache-2.0
// The client's side of chunks and of the event stream's frames.
#include "simulated_subscriber.h"

#include <cstdlib>

#include "simulated_client.h"

namespace fors::test {

namespace {

uint32_t number_at(const std::string& bytes, size_t at) {
    uint32_t number = 0;
    for (size_t each = 0; each < 4; ++each)
        number = number << 8 | static_cast<unsigned char>(bytes[at + each]);
    return number;
}

}  // namespace

SimulatedSubscriber::SimulatedSubscriber(sim::Network& network, sim::Process& process)
    : executor_(process.make_executor()), network_(network.view(process, executor_)) {}

env::Task<void> SimulatedSubscriber::subscribe(std::string body,
                                               std::function<bool(const std::string&)> heard) {
    auto connected = network_->connect({"sim", 4566});
    if (!connected) co_return;
    socket_ = std::move(*connected);
    received_.clear();
    events_.clear();
    head_done_ = false;
    heard_ = std::move(heard);
    env::Completion<bool> ended;
    waiting_ = &ended;
    socket_->start(*this);
    socket_->send(request_text("SubscribeToShard", body));
    (void)co_await ended;
}

void SimulatedSubscriber::on_data(Bytes data) {
    if (!waiting_) return;
    append(received_, data);
    if (!head_done_) {
        const size_t end = received_.find("\r\n\r\n");
        if (end == std::string::npos) return;
        if (!received_.starts_with("HTTP/1.1 200")) return finish();
        received_.erase(0, end + 4);
        head_done_ = true;
    }
    const bool goes_on = take_chunks();
    if (!take_events() || !goes_on) finish();
}

// False after the last chunk.
bool SimulatedSubscriber::take_chunks() {
    while (true) {
        const size_t line = received_.find("\r\n");
        if (line == std::string::npos) return true;
        const size_t size = std::strtoul(received_.c_str(), nullptr, 16);
        if (size == 0) return false;
        if (received_.size() < line + 2 + size + 2) return true;
        events_ += received_.substr(line + 2, size);
        received_.erase(0, line + 2 + size + 2);
    }
}

// False when the listener has heard enough.
bool SimulatedSubscriber::take_events() {
    while (events_.size() >= 12 && events_.size() >= number_at(events_, 0)) {
        const size_t size = number_at(events_, 0);
        const size_t payload = 12 + number_at(events_, 4);
        const std::string headers = events_.substr(12, payload - 12);
        const std::string json = events_.substr(payload, size - payload - 4);
        events_.erase(0, size);
        if (headers.contains("SubscribeToShardEvent") && !heard_(json)) return false;
    }
    return true;
}

void SimulatedSubscriber::finish() {
    auto* waiting = std::exchange(waiting_, nullptr);
    if (!waiting) return;
    executor_.post(
        [waiting, dead = std::make_shared<std::unique_ptr<env::Socket>>(std::move(socket_))] {
            dead->reset();
            waiting->set(true);
        });
}

}  // namespace fors::test
