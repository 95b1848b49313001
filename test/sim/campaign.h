// SPDX-License-Identifier: Apache-2.0
// Campaign: one seed: a world, a server that dies several times, actors that go on, and faults;
// afterwards the history is checked.
#pragma once

#include <memory>
#include <vector>

#include "scene.h"
#include "simulated_server.h"

namespace fors::test {

// Of all runs, for the report.
struct Totals {
    uint64_t runs = 0;
    double virtual_seconds = 0;
    uint64_t acknowledged = 0, shards = 0;
    uint64_t kills = 0, full_disks = 0, slow_disks = 0, clock_jumps = 0, half_days = 0;
    uint64_t damages_reported = 0, torn_batches = 0, starts_refused = 0, runs_damaged = 0;
    Deeds deeds;
    sim::DiskCounts disk;
    sim::NetworkCounts network;

    void print() const;
};

class Campaign {
public:
    explicit Campaign(uint64_t seed);
    // Faults in words; empty: all promises were kept.
    std::vector<std::string> run(Totals& totals);
    const Scenario& scenario() const { return scene_.scenario; }

private:
    void start_server();
    void restart_server();
    void disturb();
    void calm();
    void damage_at_rest();
    void note_damages();
    void start_actors();
    bool finish();
    bool wait_for(const int& count, const char* what);
    void check_patience();
    bool run_task(SimulatedClient& client, env::Task<void> task, env::Nanoseconds limit);
    void add_to(Totals& totals) const;
    std::unique_ptr<SimulatedClient> make_client();

    sim::World world_;
    Scene scene_;
    sim::Disk disk_;
    sim::Network network_;
    sim::Process& clients_;
    SimulatedServer* server_ = nullptr;  // abandoned when it is killed
    std::vector<std::unique_ptr<SimulatedClient>> actors_;
    std::vector<std::unique_ptr<SimulatedSubscriber>> subscribers_;
    uint64_t damages_ = 0;
    uint64_t torn_batches_ = 0;
    std::vector<std::string> damage_reports_;
    uint64_t kills_ = 0, full_disks_ = 0, slow_disks_ = 0, half_days_ = 0;
    bool refused_start_ = false;
};

}  // namespace fors::test
