// SPDX-License-Identifier: Apache-2.0
// Network: byte streams between endpoints; real sockets on a reactor, or simulated ones that split,
// delay and cut.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/result.h"

namespace fors::env {

struct Endpoint {
    std::string host;  // numeric address
    uint16_t port = 0;
};

// One connection; belongs to the thread of the Network that made it. Destroying it closes it at
// once; it may be destroyed from inside any of its callbacks.
class Socket {
public:
    class Events {
    public:
        virtual ~Events() = default;
        virtual void on_data(Bytes data) = 0;  // borrowed for the call
        // Where the next data should be written before on_data is told of them, so that nobody need
        // copy them; empty: anywhere. Asked before each read.
        virtual std::span<std::byte> input_space() { return {}; }
        virtual void on_sent() = 0;    // all that was given to send() has left
        virtual void on_closed() = 0;  // peer closed or the connection broke; nothing follows
    };

    virtual ~Socket() = default;

    // Callbacks begin; called once, right after the socket is received. `events` outlives the
    // socket.
    virtual void start(Events& events) = 0;
    // Queues bytes; they leave at the end of the turn at the latest.
    virtual void send(std::string bytes) = 0;
    // Given to send() and not yet taken by the operating system.
    virtual size_t unsent_bytes() const = 0;
    // While paused no on_data comes and the peer feels back pressure.
    virtual void pause_reading(bool paused) = 0;
    // on_data at once for what has arrived already, none when reading is paused.
    virtual void take_arrived() = 0;
    // No more send(); once all has left, the sending side is shut down (the peer sees the end).
    // on_data may still come.
    virtual void finish() = 0;
    virtual std::string peer() const = 0;  // "127.0.0.1:51234", for logs
};

class Acceptor {
public:
    virtual ~Acceptor() = default;
    virtual void on_connection(std::unique_ptr<Socket> socket) = 0;
};

// Stops listening when destroyed.
class Listener {
public:
    virtual ~Listener() = default;
    virtual Endpoint endpoint() const = 0;  // with the port really taken
    // on_connection at once for those who have connected already.
    virtual void take_waiting() = 0;
};

class Network {
public:
    virtual ~Network() = default;

    // Port 0 takes a free one. Several reactors may listen on one endpoint; the kernel spreads
    // connections. `acceptor` outlives the listener; it is called on this network's thread.
    virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& at, Acceptor& acceptor) = 0;

    // A socket at once, connecting in the background; on_closed follows when that fails.
    virtual Result<std::unique_ptr<Socket>> connect(const Endpoint& to) = 0;
};

}  // namespace fors::env
