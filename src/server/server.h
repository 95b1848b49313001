// SPDX-License-Identifier: Apache-2.0
// server: listeners and connections: drives http with env's sockets and hands whole requests to the
// router.
//
// One Server a reactor, everything of it on that reactor's thread but connections().
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/meter.h"
#include "core/router.h"
#include "env/env.h"
#include "http/http.h"

namespace fors::server {

struct Options {
    http::Limits http;
    size_t connections_max = 20'000;    // of this reactor; further ones are answered 503
    size_t unsent_bytes_max = 4 << 20;  // of a connection: beyond it, nothing more is read from it
    std::chrono::seconds idle_timeout{300};    // nothing under way
    std::chrono::seconds request_timeout{30};  // a request has begun to arrive and doesn't end
    std::chrono::seconds send_timeout{60};     // the client takes nothing of its answers
    size_t stream_unsent_max = 256 << 10;      // of a connection: beyond it, its event streams wait
    std::chrono::seconds stall_timeout{300};   // the client doesn't let an event stream go on
};

class Server final : public env::Acceptor {
public:
    // All references outlive the server; `tls` may be null.
    Server(env::Env env, core::Router& router, http::TlsContext* tls, core::Meter& meter,
           Options options);
    ~Server() override;

    // Starts to listen; the endpoint really taken.
    Result<env::Endpoint> listen(const env::Endpoint& at);

    // No new connections, no new requests; calls back when the last request under way has been
    // answered and sent.
    void shut_down(std::function<void()> drained);

    // Open ones; from any thread.
    size_t connections() const { return open_.load(std::memory_order_relaxed); }

    void on_connection(std::unique_ptr<env::Socket> socket) override;

private:
    class Connection;
    friend class Connection;

    env::Task<void> answer(uint64_t connection, http::StreamId stream, http::Request request);
    env::Task<void> stream(uint64_t connection, http::StreamId stream, core::Answer answer);
    Connection* find(uint64_t connection);
    void close(uint64_t connection);
    void check_timeouts();
    void check_drained();

    env::Env env_;
    core::Router& router_;
    http::TlsContext* tls_;
    Options options_;
    core::Counter& accepted_;
    core::Counter& timed_out_;
    std::unique_ptr<env::Listener> listener_;
    std::unordered_map<uint64_t, std::unique_ptr<Connection>> connections_;
    std::vector<std::string> pieces_;  // of a connection's output, while it is sent
    std::atomic<size_t> open_{0};  // connections_.size(), for those who look on from other threads
    uint64_t last_connection_ = 0;
    env::TimerId timeout_timer_;
    std::function<void()> drained_;
    bool stopping_ = false;
};

}  // namespace fors::server
