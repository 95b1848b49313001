// SPDX-License-Identifier: Apache-2.0
// The whole server (reactor, HTTP, access, parsing, streams, control log, journal) as one simulated
// process.
#pragma once

#include <memory>

#include "core/router.h"
#include "journal/journal.h"
#include "kms/kms.h"
#include "metrics/metrics.h"
#include "server/server.h"
#include "sim/disk.h"
#include "sim/network.h"
#include "sim/world.h"
#include "streams/streams.h"

namespace fors::test {

inline constexpr uint16_t server_port = 4566;

// The root credentials of a verifying server.
inline auth::AccessKey sim_key() {
    return {"AKIASIMULATED", "a secret of the simulation", std::string(auth::default_account)};
}

// Another user, of another account.
inline auth::AccessKey stranger_key() {
    return {"AKIASTRANGER", "another secret of the simulation", "111122223333"};
}

struct ServerSetup {
    streams::Options streams{.limits = false};
    bool verified = false;
    size_t cache_bytes = 256 << 10;  // chunks are made after three eighths of it
    size_t segment_bytes = 128 << 10;
    size_t stream_unsent_max = 256 << 10;
};

class SimulatedServer {
public:
    SimulatedServer(sim::World& world, sim::Disk& disk, sim::Network& network,
                    ServerSetup setup = {});

    // Begins to start; listens some virtual time later.
    void start();
    // As by kill -9; the object must then be abandoned, not destroyed.
    void kill() { process_.kill(); }
    const std::string& failure() const { return failure_; }
    bool listens() const { return server_ != nullptr; }
    // What the journal had to say, the last at the end.
    const std::vector<std::string>& reports() const { return reports_; }
    // Those that a start found which failed later are counted, too.
    uint64_t torn_batches() const {
        return torn_before_ + (journal_ ? journal_->figures().torn_batches : 0);
    }
    uint64_t damages() const {
        return damages_before_ + (journal_ ? journal_->figures().damages : 0);
    }

private:
    env::Task<void> run();
    env::Task<Result<>> open();
    env::Env env() { return {world_.clock(), world_.random(), *network_, home_}; }

    sim::World& world_;
    sim::Disk& disk_;
    sim::Process& process_;
    sim::Executor& home_;
    sim::Executor& log_;
    sim::Executor& log_too_;
    sim::Executor& background_;
    sim::Executor& reads_;
    std::unique_ptr<env::Network> network_;
    core::Meter meter_;
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<metrics::Metrics> metrics_;
    std::unique_ptr<kms::Kms> kms_;
    std::unique_ptr<streams::Streams> streams_;
    std::unique_ptr<auth::Verifier> verifier_;
    std::unique_ptr<core::Router> router_;
    std::unique_ptr<server::Server> server_;
    ServerSetup setup_;
    std::string failure_;
    std::vector<std::string> reports_;
    uint64_t torn_before_ = 0;
    uint64_t damages_before_ = 0;
};

}  // namespace fors::test
