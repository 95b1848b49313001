// SPDX-License-Identifier: Apache-2.0
// Sockets and listeners of a reactor: non-blocking, written at the end of the turn.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <deque>
#include <string>

#include "host/reactor.h"

namespace fors::host {

class ReactorSocket final : public env::Socket, public Reactor::Watched {
public:
    ReactorSocket(Reactor& reactor, int fd, bool connecting);
    ~ReactorSocket() override;

    void start(Events& events) override;
    void send(std::string bytes) override;
    size_t unsent_bytes() const override { return unsent_; }
    void pause_reading(bool paused) override;
    void take_arrived() override;
    void finish() override;
    std::string peer() const override;

    void on_ready(uint32_t events) override;
    // Writes what is queued, as far as the kernel takes it.
    void flush();

private:
    void read_ready();
    void update_interest();
    void mark_dirty();
    void break_off();     // on_closed comes, and nothing after it
    bool write_queued();  // false: the connection broke
    ssize_t send_one();   // the first part; as send(2) answers
    ssize_t send_many();  // as many as the kernel takes at once
    void drop_sent(size_t bytes);

    Reactor& reactor_;
    int fd_;
    uint64_t handle_ = 0;
    Events* events_ = nullptr;
    std::deque<std::string> queue_;
    size_t queue_offset_ = 0;  // of the front string: already sent
    size_t unsent_ = 0;
    uint32_t interest_ = 0;
    bool connecting_;
    bool paused_ = false;
    bool blocked_ = false;  // the kernel's buffer is full
    bool dirty_ = false;
    bool finishing_ = false;
    bool shut_ = false;
    bool closed_ = false;
};

class ReactorListener final : public env::Listener, public Reactor::Watched {
public:
    ReactorListener(Reactor& reactor, int fd, env::Endpoint at, env::Acceptor& acceptor);
    ~ReactorListener() override;
    env::Endpoint endpoint() const override { return endpoint_; }
    void take_waiting() override;
    void on_ready(uint32_t events) override;

private:
    void accept(int most);
    void pause_accepting();

    Reactor& reactor_;
    int fd_;
    env::Endpoint endpoint_;
    env::Acceptor& acceptor_;
    uint64_t handle_;
    env::TimerId resume_timer_;
};

}  // namespace fors::host
