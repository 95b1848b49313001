// SPDX-License-Identifier: Apache-2.0
// Scenario: what a seed decides before its world begins: pace, who takes part, which faults.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "sim/disk.h"
#include "sim/network.h"

namespace fors::test {

struct Scenario {
    // What happens to the data at rest; with any of it records may be lost, but never changed, and
    // never without a word.
    enum class Damage : uint8_t { none, flipped_bits, misdirected_writes };

    bool sparse = false;     // seconds and minutes between calls, not milliseconds
    bool on_demand = false;  // shards come and go with the warm throughput
    bool encrypted = false;  // somebody keeps a key
    bool limits = false;     // as --limits aws
    bool verified = false;   // signatures are checked
    bool http2 = false;      // what the clients speak
    bool clock_jumps = false;
    bool aged = false;  // half days pass at once: records and shards expire
    bool full_disks = false;
    bool slow_disks = false;
    Damage damage = Damage::none;
    sim::DiskOptions disk;
    sim::NetworkOptions network;
    // "Buggify": buffers so small that what is rare elsewhere happens all the time.
    size_t cache_bytes = 256 << 10;
    size_t segment_bytes = 128 << 10;
    size_t stream_unsent_max = 256 << 10;
    uint32_t snapshot_every = 1000;

    // Nothing here keeps a record from being pushed as soon as it is durable.
    bool swift() const {
        return !limits && !clock_jumps && !aged && !full_disks && !slow_disks &&
               disk.sync_failure == 0 && disk.write_failure == 0 && disk.read_failure == 0 &&
               damage == Damage::none;
    }

    // What may make the server answer that it has failed.
    bool disk_fails() const {
        return full_disks || disk.sync_failure > 0 || disk.write_failure > 0 ||
               disk.read_failure > 0 || damage != Damage::none;
    }

    // Whether it explains that refusal of a put, a read or a subscription; any other one must not
    // be.
    bool explains(const std::string& refusal) const;

    std::chrono::microseconds think(std::chrono::microseconds dense) const {
        return sparse ? dense * 1000 : dense;
    }
    std::string text() const;  // for people: "sparse on-demand http2 ..."
};

Scenario draw_scenario(uint64_t seed);

}  // namespace fors::test
