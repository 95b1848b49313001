// SPDX-License-Identifier: Apache-2.0
// A network between processes: bytes arrive in order, but split, late, or not at all once a
// connection is cut.
#pragma once

#include <map>
#include <memory>

#include "env/network.h"
#include "sim/world.h"

namespace fors::sim {

struct NetworkOptions {
    env::Nanoseconds latency{100'000};  // at most, of each piece
    double split = 0.3;                 // that a piece is delivered in two
    double cut = 0.0;                   // that the connection breaks when a piece is sent
};

class NetworkLink;

// All hosts; ports are the addresses.
class Network {
public:
    Network(World& world, NetworkOptions options) : world_(world), options_(options) {}
    // The network as one process sees it.
    std::unique_ptr<env::Network> view(Process& process, Executor& executor);

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
    std::map<uint16_t, Accepting> listeners_;
};

}  // namespace fors::sim
