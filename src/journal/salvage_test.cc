// SPDX-License-Identifier: Apache-2.0
// Salvaging: after any damage the new directory has every record but those that are listed as lost,
// and a journal goes on in it.
#include "journal/salvage.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "journal/verify.h"
#include "test_journal.h"

namespace fors::journal {
namespace {

using Records = std::map<std::pair<uint32_t, uint64_t>, std::string>;

Records all_records(TestJournal& test) {
    Records all;
    for (const log::ShardId shard : test.journal->shards()) {
        auto found = test.read(shard.value, 0);
        EXPECT_TRUE(found) << found.error().message;
        if (!found) continue;
        for (const Read& record : *found)
            all[{shard.value, record.sequence}] = record.key + record.data;
    }
    return all;
}

// Chunks, segments, trimmed and deleted shards; what a server would find in it.
Records write_directory(TestJournal& test) {
    test.open();
    sim::Random& random = test.world.random();
    for (int at = 0; at < 250; ++at) {
        std::vector<std::pair<uint32_t, std::string>> records;
        for (uint64_t each = 0; each <= random.below(3); ++each)
            records.emplace_back(static_cast<uint32_t>(random.below(5)),
                                 std::string(random.below(3000), 'x') + std::to_string(at));
        EXPECT_TRUE(test.append(std::move(records)));
        if (at == 60) test.trim(3, 10);
        if (at == 100) test.trim(2, test.journal->bounds({2}).next.value);
        if (at % 50 == 0) test.settle(2s);
    }
    test.trim(1, 5);
    EXPECT_TRUE(test.append({{7, "goes"}}));
    test.trim(7, ~uint64_t{0});
    test.settle(3s);
    EXPECT_TRUE(test.append({{6, "the last one"}}));
    Records all = all_records(test);
    test.kill();
    return all;
}

std::map<std::string, std::string> contents(TestJournal& test) {
    std::map<std::string, std::string> all;
    for (const std::string& path : test.disk.files()) all[path] = test.content(path);
    return all;
}

struct Outcome {
    Salvaged salvaged;
    Records records;
    uint64_t damages = 0;  // that verify finds in the new directory
};

// Salvages into a second disk and opens a journal there.
Outcome salvage_and_open(TestJournal& test, sim::Disk& fresh) {
    FullSpeed pace;
    auto salvaged = test.run_apart<Result<Salvaged>>(
        [&] { return salvage(test.disk, fresh, pace, {.chunk_bytes = 30'000}); });
    EXPECT_TRUE(salvaged) << salvaged.error().message;
    if (!salvaged) return {};
    auto verified = test.run_apart<Result<Verified>>([&] { return verify(fresh, pace); });
    EXPECT_TRUE(verified) << verified.error().message;
    test.in_use = &fresh;
    test.reports.clear();
    test.open();
    EXPECT_TRUE(test.reports.empty()) << test.reports[0];
    return {std::move(*salvaged), all_records(test), verified->damages()};
}

std::string all_of(const Salvaged& salvaged) {
    std::string all;
    for (const Finding& finding : salvaged.findings) all += text_of(finding) + "\n";
    for (const Lost& lost : salvaged.lost) all += "lost: " + text_of(lost) + "\n";
    return all;
}

TEST(Salvage, of_a_whole_directory_copies_everything) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        TestJournal test(seed);
        const Records written = write_directory(test);
        ASSERT_GT(test.files("chunks").size(), 2U);
        const auto before = contents(test);
        sim::Disk fresh(test.world, {});
        const Outcome outcome = salvage_and_open(test, fresh);
        EXPECT_EQ(outcome.records, written);
        EXPECT_TRUE(outcome.salvaged.lost.empty()) << all_of(outcome.salvaged);
        EXPECT_TRUE(outcome.salvaged.findings.empty()) << all_of(outcome.salvaged);
        EXPECT_EQ(outcome.salvaged.records, written.size());
        EXPECT_EQ(outcome.damages, 0U);
        EXPECT_TRUE(contents(test) == before);
        // The same bounds, and a shard that is gone stays gone.
        EXPECT_EQ(test.journal->bounds({3}).first.value, 10U);
        EXPECT_EQ(test.journal->bounds({7}).next.value, 0U);
        EXPECT_GT(test.journal->bounds({2}).last_arrival_ms, 0);
    }
}

// What was written is there, or said to be lost; what is lost isn't there. What a batch held of a
// shard's end whose directory can't be read, nobody can say.
void expect_all_but_lost(const Records& written, const Outcome& outcome, const std::string& what) {
    std::set<std::pair<uint32_t, uint64_t>> lost;
    for (const Lost& each : outcome.salvaged.lost)
        for (uint64_t at = each.first; at < each.next; ++at) lost.emplace(each.shard, at);
    const bool blind = std::ranges::any_of(outcome.salvaged.findings, [](const Finding& finding) {
        return finding.last_batch > 0 && finding.runs.empty();
    });
    std::map<uint32_t, uint64_t> told;  // of each shard the last one that is known of
    for (const auto& [place, text] : outcome.records) told[place.first] = place.second;
    for (const auto& [shard, sequence] : lost) told[shard] = std::max(told[shard], sequence);
    for (const auto& [place, text] : written) {
        const auto found = outcome.records.find(place);
        if (blind && place.second > told[place.first]) continue;
        if (found == outcome.records.end())
            EXPECT_TRUE(lost.contains(place)) << what << ": shard " << place.first << " sequence "
                                              << place.second << " is gone in silence";
        else
            EXPECT_EQ(found->second, text) << what;
    }
    for (const auto& [place, text] : outcome.records) {
        // The note of the last trims may be what is damaged: what they took away is back then.
        const bool trimmed = place.first == 7 || (place.first == 1 && place.second < 5);
        EXPECT_TRUE(written.contains(place) || (trimmed && !outcome.salvaged.findings.empty()))
            << what << ": out of nowhere";
        EXPECT_FALSE(lost.contains(place)) << what << ": there, and said to be lost";
    }
    EXPECT_EQ(outcome.damages, 0U) << what;
}

TEST(Salvage, after_flipped_bits_lacks_what_it_lists_and_no_more) {
    uint64_t losses = 0, replaced = 0;
    for (uint64_t seed = 1; seed <= 150; ++seed) {
        TestJournal test(seed);
        const Records written = write_directory(test);
        sim::Random& random = test.world.random();
        std::string what = "seed " + std::to_string(seed);
        bool last_batch = false;
        for (uint64_t flips = 1 + random.below(3); flips > 0; --flips) {
            const auto files = test.disk.files();
            const std::string& path = files[random.below(files.size())];
            // Where something lies: not in what is free yet.
            const std::string content = test.content(path);
            const uint64_t used = content.find_last_not_of('\0') + 1;
            const uint64_t byte = random.below(std::max<uint64_t>(used, 1));
            test.disk.flip_bit(path, 8 * byte + random.below(8));
            what += " " + path + " byte " + std::to_string(byte);
        }
        FullSpeed pace;
        const auto verified =
            test.run_apart<Result<Verified>>([&] { return verify(test.disk, pace); });
        for (const Finding& finding : verified->findings)
            if (finding.what.starts_with("a last batch")) last_batch = true;
        const auto before = contents(test);
        sim::Disk fresh(test.world, {});
        Outcome outcome = salvage_and_open(test, fresh);
        EXPECT_TRUE(contents(test) == before);
        // The newest batch with a flipped bit may be torn just as well: it is no loss to list.
        Records expected = written;
        if (last_batch) expected.erase({6, 0});
        expect_all_but_lost(expected, outcome, what + "\n" + all_of(outcome.salvaged));
        losses += outcome.salvaged.records_lost();
        if (verified->damages() > 0 && outcome.salvaged.lost.empty()) ++replaced;
        // Sequences go on behind those that were given.
        ASSERT_TRUE(test.append({{1, "new"}, {4, "new"}}));
        for (const uint32_t shard : {1U, 4U}) {
            uint64_t given = 0;
            for (const auto& [place, text] : written)
                if (place.first == shard) given = place.second;
            EXPECT_GT(test.read(shard)->back().sequence, given) << what;
        }
        if (HasFailure()) return;
    }
    EXPECT_GT(losses, 50U);
    EXPECT_GT(replaced, 20U);
}

TEST(Salvage, takes_the_batches_of_a_lost_chunk_from_the_segments) {
    uint64_t kept_whole = 0;
    for (uint64_t seed = 1; seed <= 10; ++seed) {
        TestJournal test(seed);
        const Records written = write_directory(test);
        for (const std::string& chunk : test.files("chunks")) {
            const uint64_t size = test.content(chunk).size();
            test.disk.flip_bit(chunk, 8 * 20);
            test.disk.flip_bit(chunk, 8 * (size - 20));
            sim::Disk fresh(test.world, {});
            const Outcome outcome = salvage_and_open(test, fresh);
            expect_all_but_lost(written, outcome, chunk + "\n" + all_of(outcome.salvaged));
            if (outcome.salvaged.lost.empty()) ++kept_whole;
            test.kill();
            test.disk.flip_bit(chunk, 8 * 20);
            test.disk.flip_bit(chunk, 8 * (size - 20));
            if (HasFailure()) return;
        }
    }
    EXPECT_GT(kept_whole, 5U);  // the newest ones' batches are still there
}

TEST(Salvage, of_nothing_is_refused) {
    TestJournal test;
    sim::Disk fresh(test.world, {});
    FullSpeed pace;
    auto none =
        test.run_apart<Result<Salvaged>>([&] { return salvage(test.disk, fresh, pace, {}); });
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::not_found);
    EXPECT_TRUE(fresh.files().empty());
}

}  // namespace
}  // namespace fors::journal
