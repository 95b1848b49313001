// SPDX-License-Identifier: Apache-2.0
// Connections as two ends, each with its executor; pieces as scheduled deliveries.
#include "sim/network.h"

#include <algorithm>
#include <cstring>
#include <deque>

namespace fors::sim {

namespace {

// One end; owned by the connection's two sockets and the deliveries under way.
struct End {
    Process* process = nullptr;
    Executor* executor = nullptr;
    env::Socket::Events* events = nullptr;  // null once the socket is gone
    env::Nanoseconds next_arrival{0};       // pieces arrive in order
    size_t inbound = 0;                     // sent to it and not yet read
    std::deque<std::string> held;           // arrived while it did not read
    bool paused = false;
    bool sending = false;  // waits to be told that all has left
    bool closing = false;  // the end waits behind what is held
    bool closed_told = false;
};

}  // namespace

// A connection, cut when either side is.
class NetworkLink : public std::enable_shared_from_this<NetworkLink> {
public:
    explicit NetworkLink(Network& network) : network_(network) {}
    End ends[2];
    bool cut = false;

    void deliver(int to, std::string bytes) {
        Random& random = network_.world_.random();
        if (cut || bytes.empty()) return;
        if (random.chance(network_.options_.cut)) {
            ++network_.counts_.cuts;
            bytes.resize(random.below(bytes.size() + 1));
            if (!bytes.empty()) arrive(to, std::move(bytes));
            break_off();
            return;
        }
        if (bytes.size() > 1 && random.chance(network_.options_.split)) {
            ++network_.counts_.splits;
            const size_t at = 1 + random.below(bytes.size() - 1);
            arrive(to, bytes.substr(0, at));
            bytes.erase(0, at);
        }
        arrive(to, std::move(bytes));
    }

    // Both sides hear of it, each after a while.
    void break_off() {
        if (cut) return;
        cut = true;
        tell_closed(0);
        tell_closed(1);
    }

    void tell_closed(int side) {
        schedule(side, [self = shared_from_this(), side] {
            End& end = self->ends[side];
            end.closing = true;
            if (end.held.empty()) self->close(end);
        });
    }

    size_t unsent(int side) const {
        const size_t on_its_way = ends[1 - side].inbound;
        return on_its_way > network_.options_.window ? on_its_way - network_.options_.window : 0;
    }

    void tell_sent(int side) {
        if (!ends[side].sending || unsent(side) > 0) return;
        ends[side].sending = false;
        schedule(side, [self = shared_from_this(), side] {
            if (auto* events = self->ends[side].events; events && !self->cut) events->on_sent();
        });
    }

    void pause(int side, bool paused) {
        End& end = ends[side];
        if (paused && !end.paused) ++network_.counts_.pauses;
        end.paused = paused;
        if (!paused) schedule(side, [self = shared_from_this(), side] { self->release(side); });
    }

    void schedule(int side, env::Callback callback) {
        End& end = ends[side];
        World& world = network_.world_;
        const auto most = static_cast<uint64_t>(network_.options_.latency.count()) + 1;
        const auto latency = env::Nanoseconds(static_cast<int64_t>(world.random().below(most)));
        end.next_arrival = std::max(end.next_arrival, world.now() + latency);
        world.schedule(*end.executor, end.next_arrival - world.now(), std::move(callback));
    }

private:
    void arrive(int to, std::string bytes) {
        ends[to].inbound += bytes.size();
        schedule(to, [self = shared_from_this(), to, bytes = std::move(bytes)]() mutable {
            self->ends[to].held.push_back(std::move(bytes));
            self->release(to);
        });
    }

    // What has arrived is read, unless reading pauses.
    void release(int to) {
        End& end = ends[to];
        while (!end.paused && !end.held.empty()) {
            const std::string bytes = std::move(end.held.front());
            end.held.pop_front();
            end.inbound -= bytes.size();
            tell_data(end, as_bytes(bytes));
        }
        if (end.closing && end.held.empty()) close(end);
        tell_sent(1 - to);
    }

    // Written where the receiver wants it.
    static void tell_data(End& end, Bytes data) {
        while (!data.empty() && end.events && !end.closed_told) {
            const std::span<std::byte> space = end.events->input_space();
            if (space.empty()) return end.events->on_data(data);
            const size_t size = std::min(space.size(), data.size());
            std::memcpy(space.data(), data.data(), size);
            data = data.subspan(size);
            end.events->on_data(Bytes(space).first(size));
        }
    }

    void close(End& end) {
        if (end.closed_told || !end.events) return;
        end.closed_told = true;
        end.events->on_closed();
    }

    Network& network_;
};

namespace {

class LinkSocket final : public env::Socket {
public:
    LinkSocket(std::shared_ptr<NetworkLink> link, int side) : link_(std::move(link)), side_(side) {}
    ~LinkSocket() override {
        link_->ends[side_].events = nullptr;
        link_->break_off();
    }
    void start(Events& events) override { link_->ends[side_].events = &events; }
    void send(std::string bytes) override {
        link_->ends[side_].sending = true;
        link_->deliver(1 - side_, std::move(bytes));
        link_->tell_sent(side_);
    }
    size_t unsent_bytes() const override { return link_->unsent(side_); }
    void pause_reading(bool paused) override { link_->pause(side_, paused); }
    void take_arrived() override {}  // it is given as it arrives
    void finish() override { link_->tell_closed(1 - side_); }
    std::string peer() const override { return "sim"; }

private:
    std::shared_ptr<NetworkLink> link_;
    int side_;
};

}  // namespace

class NetworkListener final : public env::Listener {
public:
    NetworkListener(Network& network, env::Endpoint at) : network_(network), at_(std::move(at)) {}
    ~NetworkListener() override { network_.listeners_.erase(at_.port); }
    env::Endpoint endpoint() const override { return at_; }
    void take_waiting() override {}

private:
    Network& network_;
    env::Endpoint at_;
};

class NetworkView final : public env::Network {
public:
    NetworkView(sim::Network& network, Process& process, Executor& executor)
        : network_(network), process_(process), executor_(executor) {}

    Result<std::unique_ptr<env::Listener>> listen(const env::Endpoint& at,
                                                  env::Acceptor& acceptor) override {
        network_.listeners_[at.port] = {&acceptor, &process_, &executor_};
        process_.on_death(
            [&network = network_, port = at.port] { network.listeners_.erase(port); });
        return std::make_unique<NetworkListener>(network_, at);
    }

    Result<std::unique_ptr<env::Socket>> connect(const env::Endpoint& to) override {
        const auto at = network_.listeners_.find(to.port);
        if (at == network_.listeners_.end()) return fail(Code::io_failed, "connection refused");
        ++network_.counts_.connections;
        auto link = std::make_shared<NetworkLink>(network_);
        link->ends[0] = {.process = &process_, .executor = &executor_};
        link->ends[1] = {.process = at->second.process, .executor = at->second.executor};
        for (End& end : link->ends) end.process->on_death([link] { link->break_off(); });
        link->schedule(1, [link, acceptor = at->second.acceptor] {
            acceptor->on_connection(std::make_unique<LinkSocket>(link, 1));
        });
        return std::make_unique<LinkSocket>(link, 0);
    }

private:
    sim::Network& network_;
    Process& process_;
    Executor& executor_;
};

std::unique_ptr<env::Network> Network::view(Process& process, Executor& executor) {
    return std::make_unique<NetworkView>(*this, process, executor);
}

}  // namespace fors::sim
