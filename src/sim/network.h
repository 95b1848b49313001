// SPDX-License-Identifier: Apache-2.0
// A network between processes: bytes arrive in order, but split, late, or not at all once a
// connection is cut; who does not read holds up who sends.
#pragma once

#include <map>
#include <memory>

#include "env/network.h"
#include "sim/world.h"

namespace fors::sim {

struct NetworkOptions {
    env::Nanoseconds latency{100'000};  // at most, of each piece
    double split = 0.3;                 // that a piece is delivered in two
    double cut = 0.0;                   // that the connection breaks amidst of a piece
    size_t window = 16 << 10;           // what is on its way before a sender feels back pressure
};

struct NetworkCounts {
    uint64_t connections = 0;
    uint64_t splits = 0;
    uint64_t cuts = 0;
    uint64_t pauses = 0;  // of reading

    void add(const NetworkCounts& more) {
        connections += more.connections;
        splits += more.splits;
        cuts += more.cuts;
        pauses += more.pauses;
    }
};

class NetworkLink;

// All hosts; ports are the addresses.
class Network {
public:
    Network(World& world, NetworkOptions options) : world_(world), options_(options) {}
    // The network as one process sees it.
    std::unique_ptr<env::Network> view(Process& process, Executor& executor);
    const NetworkCounts& counts() const { return counts_; }

private:
    friend class NetworkView;
    friend class NetworkLink;
    friend class NetworkListener;
    struct Accepting {
        env::Acceptor* acceptor;
        Process* process;
        Executor* executor;
    };
    World& world_;
    NetworkOptions options_;
    NetworkCounts counts_;
    std::map<uint16_t, Accepting> listeners_;
};

}  // namespace fors::sim
