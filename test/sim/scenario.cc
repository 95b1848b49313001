// SPDX-License-Identifier: Apache-2.0
// Each property is drawn by itself, so that any two of them meet in some seed.
#include "scenario.h"

#include "sim/world.h"

namespace fors::test {

Scenario draw_scenario(uint64_t seed) {
    sim::Random random(seed ^ 0x5CE7'A210'0F0F'5EEDU);
    (void)random.draw();
    Scenario drawn;
    drawn.sparse = random.chance(0.3);
    drawn.on_demand = random.chance(0.3);
    drawn.encrypted = random.chance(0.4);
    drawn.limits = random.chance(0.3);
    drawn.verified = random.chance(0.3);
    drawn.http2 = random.chance(0.4);
    drawn.clock_jumps = random.chance(0.2);
    drawn.full_disks = random.chance(0.2);
    drawn.slow_disks = random.chance(0.2);
    if (random.chance(0.3)) drawn.disk.sync_failure = random.chance(0.5) ? 0.01 : 0.1;
    if (random.chance(0.2)) drawn.disk.write_failure = 0.005;
    if (random.chance(0.2)) drawn.disk.read_failure = 0.01;
    if (random.chance(0.3)) drawn.network.cut = 0.005;
    if (random.chance(0.3)) drawn.network.window = 1 << 10;
    if (random.chance(0.3)) drawn.cache_bytes = 48 << 10;
    if (random.chance(0.5)) drawn.segment_bytes = random.chance(0.5) ? 64 << 10 : 32 << 10;
    if (random.chance(0.3)) drawn.stream_unsent_max = 512;
    if (random.chance(0.5)) drawn.snapshot_every = 4;
    if (random.chance(0.15))
        drawn.damage = random.chance(0.5) ? Scenario::Damage::flipped_bits
                                          : Scenario::Damage::misdirected_writes;
    drawn.aged = random.chance(0.2) && !drawn.clock_jumps && drawn.damage == Scenario::Damage::none;
    return drawn;
}

bool Scenario::explains(const std::string& refusal) const {
    if (refusal.contains("InternalFailure")) return disk_fails();
    if (refusal.contains("KMS")) return encrypted;
    // Shards are gone; a request is older when it comes than when it was sent.
    if (refusal.contains("ResourceNotFoundException") || refusal.contains("Signature expired"))
        return aged;
    if (refusal.contains("ProvisionedThroughputExceeded") ||
        refusal.contains("LimitExceededException"))
        return limits;
    return false;
}

std::string Scenario::text() const {
    std::string out = sparse ? "sparse" : "dense";
    const auto add = [&out](bool holds, const char* word) {
        if (holds) out.append(" ").append(word);
    };
    add(on_demand, "on-demand");
    add(encrypted, "encrypted");
    add(limits, "limits");
    add(verified, "verified");
    add(http2, "http/2");
    add(clock_jumps, "clock-jumps");
    add(aged, "aged");
    add(full_disks, "full-disks");
    add(slow_disks, "slow-disks");
    add(disk.sync_failure > 0, "failing-syncs");
    add(disk.write_failure > 0, "failing-writes");
    add(disk.read_failure > 0, "failing-reads");
    add(network.cut > 0, "cuts");
    add(damage == Damage::flipped_bits, "flipped-bits");
    add(damage == Damage::misdirected_writes, "misdirected-writes");
    return out;
}

}  // namespace fors::test
