// SPDX-License-Identifier: Apache-2.0
// The report of a campaign: what was done, and every kind of fault with how often it came, so that
// one that never comes is seen.
#include <cstdio>

#include "campaign.h"

namespace fors::test {

void Deeds::add(const Deeds& more) {
    pushed += more.pushed;
    throttled += more.throttled;
    expired_iterators += more.expired_iterators;
    key_changes += more.key_changes;
    refused_by_key += more.refused_by_key;
    outcomes_unknown += more.outcomes_unknown;
    encrypted_reads += more.encrypted_reads;
    slow_readers += more.slow_readers;
    ends_told += more.ends_told;
    intruders_refused += more.intruders_refused;
    streams_deleted += more.streams_deleted;
    pushed_in_time += more.pushed_in_time;
}

void Totals::print() const {
    struct Line {
        const char* what;
        uint64_t count;
    };
    const Line done[] = {
        {"records acknowledged", acknowledged},
        {"records pushed", deeds.pushed},
        {"of these soon, where nothing held them up", deeds.pushed_in_time},
        {"intruders refused", deeds.intruders_refused},
        {"records and calls throttled", deeds.throttled},
        {"shards", shards},
        {"shard ends told", deeds.ends_told},
        {"streams deleted", deeds.streams_deleted},
        {"iterators expired", deeds.expired_iterators},
        {"changes of keys", deeds.key_changes},
        {"answers refused by a key", deeds.refused_by_key},
        {"answers with encrypted records", deeds.encrypted_reads},
        {"puts told that their outcome is unknown", deeds.outcomes_unknown},
        {"connections", network.connections},
    };
    const Line faults[] = {
        {"kills", kills},
        {"crashes of the machine", disk.crashes},
        {"torn writes", disk.crashes_torn},
        {"last batches found not whole", torn_batches},
        {"unsynced sectors lost", disk.sectors_lost},
        {"file creations, renames, removals lost", disk.names_lost},
        {"failed syncs", disk.syncs_failed},
        {"failed writes", disk.writes_failed},
        {"failed reads", disk.reads_failed},
        {"full disks", full_disks},
        {"writes refused by a full disk", disk.refused_full},
        {"slow disks", slow_disks},
        {"bits flipped at rest", disk.bits_flipped},
        {"misdirected writes", disk.misdirected},
        {"connections cut", network.cuts},
        {"pieces split", network.splits},
        {"readers that pause", network.pauses},
        {"slow subscribers", deeds.slow_readers},
        {"clock jumps", clock_jumps},
        {"half days that passed at once", half_days},
    };
    std::printf("%llu seeds, %.0f virtual seconds\n", static_cast<unsigned long long>(runs),
                virtual_seconds);
    for (const Line& line : done)
        std::printf("  %12llu %s\n", static_cast<unsigned long long>(line.count), line.what);
    std::printf("faults\n");
    for (const Line& line : faults)
        std::printf("  %12llu %s%s\n", static_cast<unsigned long long>(line.count), line.what,
                    line.count == 0 ? "   <- never came" : "");
    std::printf("of %llu damaged runs: %llu damages reported, %llu starts refused\n",
                static_cast<unsigned long long>(runs_damaged),
                static_cast<unsigned long long>(damages_reported),
                static_cast<unsigned long long>(starts_refused));
}

}  // namespace fors::test
