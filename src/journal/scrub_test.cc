// SPDX-License-Identifier: Apache-2.0
// The scrub beside a journal at work: no false alarm, whatever goes meanwhile; and what is damaged
// is found.
#include "journal/scrub.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "test_journal.h"

namespace fors::journal {
namespace {

// Rests after every piece, so that much happens meanwhile.
class SlowPace final : public Pace {
public:
    SlowPace(sim::World& world, env::Nanoseconds rest) : world_(world), rest_(rest) {}
    env::Task<bool> took(size_t) override {
        ++pieces;
        co_await sim::pause{world_, rest_};
        co_return !stopped;
    }
    uint64_t pieces = 0;
    bool stopped = false;

private:
    sim::World& world_;
    env::Nanoseconds rest_;
};

// A scrub that is under way.
struct Running {
    explicit Running(TestJournal& test, env::Nanoseconds rest = 1ms) : pace(test.world, rest) {
        sim::Executor& apart = test.world.make_process().make_executor();
        test.post([this, &test, &apart] { env::spawn(run(test, apart)); });
    }
    env::Task<void> run(TestJournal& test, sim::Executor& apart) {
        outcome.emplace(co_await scrub(*test.journal, test.disk, test.home(), apart, pace));
    }
    Verified& wait(TestJournal& test) {
        FORS_ASSERT(test.world.run_until([&] { return outcome.has_value(); }, 600s));
        FORS_ASSERT(*outcome);
        return **outcome;
    }
    SlowPace pace;
    std::optional<Result<Verified>> outcome;
};

std::string all_of(const Verified& verified) {
    std::string all;
    for (const Finding& finding : verified.findings) all += text_of(finding) + "\n";
    return all;
}

TEST(Scrub, raises_no_false_alarm_while_all_is_in_motion) {
    uint64_t blocks = 0, batches = 0, chunks_gone = 0;
    for (uint64_t seed = 1; seed <= 30; ++seed) {
        TestJournal test(seed);
        test.open();
        uint32_t shard = 1;
        for (int at = 0; at < 300; ++at)
            ASSERT_TRUE(test.append({{shard, std::string(3000, 'a')}, {shard + 1, "b"}})) << at;
        const auto before = test.files("chunks");
        Running running(test, 200ms);
        while (!running.outcome) {
            (void)test.append({{shard, std::string(3000, 'a')}, {shard + 1, "b"}});
            if (test.world.random().chance(0.3)) {
                test.trim(shard + 1, test.journal->bounds({shard + 1}).next.value);
                test.trim(shard++, ~uint64_t{0});
            }
            test.world.run_for(50ms);
        }
        const Verified& found = running.wait(test);
        EXPECT_EQ(found.findings.size(), 0U) << "seed " << seed << "\n" << all_of(found);
        blocks += found.figures.blocks;
        batches += found.figures.batches;
        const auto after = test.files("chunks");
        chunks_gone += static_cast<uint64_t>(std::ranges::count_if(before, [&](const auto& path) {
            return std::ranges::find(after, path) == after.end();
        }));
        EXPECT_TRUE(test.reports.empty()) << test.reports[0];
    }
    EXPECT_GT(blocks, 30U);
    EXPECT_GT(batches, 10U);
    EXPECT_GT(chunks_gone, 10U);  // under the scrub's eyes, or before it came to them
}

TEST(Scrub, finds_damage_in_chunks_and_in_the_segment_that_is_written) {
    TestJournal test;
    test.open();
    for (int at = 0; at < 50; ++at) ASSERT_TRUE(test.append(1, std::string(3000, 'a')));
    test.settle();
    ASSERT_TRUE(test.append(2, std::string(10'000, 'b')));
    ASSERT_TRUE(test.append(2, "last"));
    const std::string chunk = test.files("chunks").at(0);
    test.disk.flip_bit(chunk, 8 * (chunk_start_bytes + 1000));
    std::string segment;
    uint64_t place = 0;
    for (const std::string& path : test.files("journal")) {
        const std::string content = test.file(path);
        if (const size_t at = content.find(std::string(5000, 'b')); at != std::string::npos) {
            segment = path;
            place = at + 3000;
        }
    }
    test.disk.flip_bit(segment, 8 * place);
    Running running(test);
    const Verified& found = running.wait(test);
    EXPECT_EQ(found.damages(), 2U) << all_of(found);
    EXPECT_NE(all_of(found).find(chunk + " at offset 4096: the block of shard 1"),
              std::string::npos)
        << all_of(found);
    EXPECT_NE(all_of(found).find(segment + " at offset "), std::string::npos) << all_of(found);
    EXPECT_NE(all_of(found).find("shard 2 sequences 0 to 0"), std::string::npos) << all_of(found);
    // Serving goes on.
    EXPECT_EQ(test.read(2)->size(), 2U);
    EXPECT_TRUE(test.append(1, "goes on"));
}

TEST(Scrub, counts_what_verify_counts) {
    TestJournal test;
    test.open();
    for (int at = 0; at < 80; ++at)
        ASSERT_TRUE(test.append({{1, std::string(2000, 'a')}, {2, "b"}}));
    test.trim(1, 20);
    test.settle();
    Running running(test);
    const VerifyFigures scrubbed = running.wait(test).figures;
    test.kill();
    FullSpeed pace;
    const auto verified = test.run_apart<Result<Verified>>([&] { return verify(test.disk, pace); });
    EXPECT_EQ(scrubbed.records, verified->figures.records);
    EXPECT_EQ(scrubbed.chunks, verified->figures.chunks);
    EXPECT_EQ(scrubbed.blocks, verified->figures.blocks);
    EXPECT_EQ(scrubbed.blocks_trimmed, verified->figures.blocks_trimmed);
    EXPECT_EQ(scrubbed.shards, verified->figures.shards);
}

TEST(Scrub, stops_when_told) {
    TestJournal test;
    test.open();
    for (int at = 0; at < 80; ++at) ASSERT_TRUE(test.append(1, std::string(3000, 'a')));
    Running running(test, 10ms);
    test.world.run_until([&] { return running.pace.pieces > 1; }, 10s);
    running.pace.stopped = true;
    test.world.run_until([&] { return running.outcome.has_value(); }, 10s);
    ASSERT_TRUE(running.outcome);
    ASSERT_FALSE(*running.outcome);
    EXPECT_EQ(running.outcome->error().code, Code::unavailable);
    EXPECT_LT(running.pace.pieces, 5U);
}

}  // namespace
}  // namespace fors::journal
