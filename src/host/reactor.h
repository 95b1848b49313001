// SPDX-License-Identifier: Apache-2.0
// Reactor: one epoll loop and its thread: executor and network at once.
//
// A turn: wait for events; read from ready sockets; run posted callbacks and due timers; run what
// was left for the turn's end; then write what the sockets have queued, all answers of a turn in
// few system calls.
#pragma once

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "env/executor.h"
#include "env/network.h"
#include "host/timers.h"

namespace fors::host {

class ReactorSocket;
class ReactorListener;

class Reactor final : public env::Executor, public env::Network {
public:
    Reactor();
    ~Reactor() override;
    Reactor(const Reactor&) = delete;
    Reactor& operator=(const Reactor&) = delete;

    // Runs turns on the calling thread until stop().
    void run();
    // From any thread: run() returns after the turn under way.
    void stop();

    void post(env::Callback callback) override;
    env::TimerId after(env::Nanoseconds delay, env::Callback callback) override;
    void cancel(env::TimerId timer) override;
    void at_turn_end(env::Callback callback) override;

    Result<std::unique_ptr<env::Listener>> listen(const env::Endpoint& at,
                                                  env::Acceptor& acceptor) override;
    Result<std::unique_ptr<env::Socket>> connect(const env::Endpoint& to) override;

    // Calls back on this reactor when SIGTERM or SIGINT arrives; they must be blocked in all
    // threads (block_signals).
    void on_signal(std::move_only_function<void(int signal)> callback);

    // Whatever epoll watches. Events carry (slot, generation), so that one for an object destroyed
    // earlier in the same turn finds nobody.
    class Watched {
    public:
        virtual ~Watched() = default;
        virtual void on_ready(uint32_t events) = 0;
    };

private:
    friend class ReactorSocket;
    friend class ReactorListener;

    struct Slot {
        Watched* watched = nullptr;
        uint32_t generation = 0;
    };

    uint64_t watch(int fd, uint32_t events, Watched& watched);
    void change(int fd, uint32_t events, uint64_t handle);
    void ignore(int fd);  // nothing more of it, until it is unwatched
    void unwatch(int fd, uint64_t handle);
    void flush_later(uint64_t handle) { dirty_.push_back(handle); }
    ReactorSocket* socket_at(uint64_t handle);

    void turn();
    void run_posted();
    void run_turn_end();
    void flush_sockets();
    int timeout_ms();

    int epoll_;
    int wake_;
    std::atomic<bool> stopping_{false};
    std::atomic<bool> asleep_{false};
    std::mutex inbox_mutex_;
    std::vector<env::Callback> inbox_;
    std::vector<env::Callback> running_;
    std::deque<env::Callback> turn_end_;
    Timers timers_;
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_slots_;
    std::vector<uint64_t> dirty_;
    std::vector<std::byte> scratch_;
    std::unique_ptr<Watched> signals_;
};

// An error when somebody listens there already. Reactors share an address among themselves, and the
// kernel would let another process of the same user in, too: who listens first asks first.
Result<> address_is_free(const env::Endpoint& at);

}  // namespace fors::host
