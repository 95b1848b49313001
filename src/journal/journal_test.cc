// SPDX-License-Identifier: Apache-2.0
// What the Log promises, on the journal: durable, visible, in order; one sync for many; tailing;
// limits.
#include "journal/journal.h"

#include <gtest/gtest.h>

#include "test_journal.h"

// Killed processes leave their coroutine frames behind (sim/world.h).
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace fors::journal {
namespace {

TEST(Journal, gives_back_what_was_appended_in_order) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(7, "a"));
    ASSERT_TRUE(test.append({{7, "b"}, {8, "x"}, {7, ""}}));
    EXPECT_EQ(test.read(7), (std::vector<Read>{{0, "key", "a"}, {1, "key", "b"}, {2, "key", ""}}));
    EXPECT_EQ(test.read(8), (std::vector<Read>{{0, "key", "x"}}));
    EXPECT_EQ(test.read(9), std::vector<Read>{});
    EXPECT_EQ(test.journal->bounds({7}).next.value, 3U);
    EXPECT_EQ(test.journal->shards(), (std::vector<log::ShardId>{{7}, {8}}));
}

TEST(Journal, numbers_are_given_before_the_first_wait) {
    TestJournal test;
    test.open();
    auto first = test.start({{1, "a"}, {1, "b"}});
    auto second = test.start({{1, "c"}});
    test.settle(1s);
    EXPECT_EQ(first->entries[1].sequence.value, 1U);
    EXPECT_EQ(second->entries[0].sequence.value, 2U);
    EXPECT_GT(second->entries[0].arrival_ms, 0);
    EXPECT_TRUE(first->outcome && *first->outcome && second->outcome && *second->outcome);
}

TEST(Journal, one_sync_for_all_shards_that_wait) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(0, "warm"));
    test.settle();
    const uint64_t syncs = test.disk.counts().syncs;
    test.post([&] {
        for (uint32_t shard = 0; shard < 1000; ++shard) (void)test.start({{shard, "together"}});
    });
    std::vector<std::pair<uint32_t, std::string>> many;
    for (uint32_t shard = 0; shard < 1000; ++shard) many.emplace_back(shard, "one request");
    ASSERT_TRUE(test.append(std::move(many)));
    test.settle();
    EXPECT_EQ(test.journal->figures().records, 2001U);
    // The first to come goes alone, all others while it is under way; segments take some as well.
    EXPECT_LE(test.disk.counts().syncs - syncs, 16U);
}

// A client that writes again so many turns after it was answered.
env::Task<void> write_twice(Journal& journal, env::Executor& home, int turns, int& done) {
    for (int time = 0; time < 2; ++time) {
        log::Append entry{.shard = {1}, .key = "key", .data = fors::as_bytes("data")};
        auto outcome = co_await journal.append({&entry, 1});
        EXPECT_TRUE(outcome);
        for (int turn = 0; turn < turns; ++turn) co_await env::resume_on(home);
    }
    ++done;
}

TEST(Journal, those_who_write_again_at_once_share_a_commit) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(1, "warm"));
    test.disk.set_slowness(1000);  // a commit takes longer than the turns
    const uint64_t before = test.journal->figures().batches;
    int done = 0;
    test.post([&] {
        for (int turns = 0; turns < 8; ++turns)
            env::spawn(write_twice(*test.journal, test.home(), turns, done));
    });
    // It comes while their commit is under way; the next one could begin with it alone. Half of
    // them share that one, the other half the one that is begun beside it.
    auto last = test.start({{1, "data"}});
    ASSERT_TRUE(test.world.run_until([&] { return done == 8 && last->outcome; }, 600s));
    EXPECT_EQ(test.journal->figures().batches, before + 3);
}

TEST(Journal, nothing_is_readable_before_it_is_durable) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(1, "a"));
    auto pending = test.start({{1, "b"}});
    const uint64_t syncs = test.disk.counts().syncs;
    while (!pending->outcome) {
        const bool synced = test.disk.counts().syncs > syncs;
        if (!synced) EXPECT_EQ(test.journal->bounds({1}).next.value, 1U);
        test.world.run_for(1us);
    }
    EXPECT_EQ(test.journal->bounds({1}).next.value, 2U);
    test.crash();
    test.open();
    EXPECT_EQ(test.read(1)->size(), 2U);
}

TEST(Journal, reading_obeys_its_limits) {
    TestJournal test;
    test.open();
    for (int at = 0; at < 10; ++at) ASSERT_TRUE(test.append(1, std::string(100, 'x')));
    auto three = test.read_batch(1, 4, {.records_max = 3, .bytes_max = 1 << 20});
    ASSERT_TRUE(three);
    EXPECT_EQ(three->records.size(), 3U);
    EXPECT_EQ(three->records[0].sequence.value, 4U);
    EXPECT_EQ(three->next.value, 7U);
    auto bytes = test.read_batch(1, 0, {.records_max = 100, .bytes_max = 250});
    EXPECT_EQ(bytes->records.size(), 2U);
    auto one = test.read_batch(1, 0, {.records_max = 100, .bytes_max = 1});
    EXPECT_EQ(one->records.size(), 1U);
    auto tail = test.read_batch(1, 10, {.records_max = 100, .bytes_max = 1000});
    EXPECT_TRUE(tail->records.empty());
    EXPECT_EQ(tail->next.value, 10U);
    auto beyond = test.read_batch(1, 99, {.records_max = 100, .bytes_max = 1000});
    EXPECT_EQ(beyond->next.value, 99U);
}

TEST(Journal, a_watcher_is_told_once) {
    TestJournal test;
    test.open();
    int told = 0;
    int told_later = 0;
    test.journal->notify({1}, {0}, [&] { ++told; });
    test.journal->notify({1}, {2}, [&] { ++told_later; });
    test.settle(1s);
    EXPECT_EQ(told, 0);
    ASSERT_TRUE(test.append(1, "a"));
    ASSERT_TRUE(test.append(1, "b"));
    test.settle(1s);
    EXPECT_EQ(told, 1);
    EXPECT_EQ(told_later, 0);
    test.journal->notify({1}, {1}, [&] { ++told; });  // already there
    ASSERT_TRUE(test.append(1, "c"));
    test.settle(1s);
    EXPECT_EQ(told, 2);
    EXPECT_EQ(told_later, 1);
    // Watching alone makes no shard.
    test.journal->notify({55}, {0}, [] {});
    EXPECT_EQ(test.journal->shards(), (std::vector<log::ShardId>{{1}}));
}

TEST(Journal, finds_by_time_in_memory_and_in_chunks) {
    TestJournal test;
    test.open();
    std::vector<int64_t> times;
    for (int at = 0; at < 40; ++at) {
        times.push_back(test.world.clock().wall_ms());
        ASSERT_TRUE(test.append({{1, std::string(5000, 'x')}, {2, "y"}}));
        test.world.run_for(10ms);
    }
    EXPECT_GT(test.journal->figures().chunks, 0U);
    for (uint64_t at = 0; at < times.size(); ++at) EXPECT_EQ(test.find(1, times[at] - 1), at);
    EXPECT_EQ(test.find(1, 0), 0U);
    EXPECT_EQ(test.find(1, times.back() + 1000), 40U);
    EXPECT_EQ(test.find(77, 5), 0U);
    test.trim(1, 20);
    EXPECT_EQ(test.find(1, 0), 20U);
}

TEST(Journal, a_full_queue_is_an_answer) {
    TestJournal test;
    Options options = small_options();
    options.batch_bytes_max = 10'000;
    test.open(std::move(options));
    std::vector<std::shared_ptr<TestJournal::Pending>> pending;
    for (int at = 0; at < 100; ++at) pending.push_back(test.start({{1, std::string(1000, 'x')}}));
    test.settle(1s);
    int refused = 0;
    for (auto& each : pending) {
        ASSERT_TRUE(each->outcome);
        if (*each->outcome) continue;
        EXPECT_EQ(each->outcome->error().code, Code::unavailable);
        ++refused;
    }
    EXPECT_GT(refused, 0);
    EXPECT_LT(refused, 100);
    EXPECT_EQ(test.read(1)->size(), static_cast<size_t>(100 - refused));
}

TEST(Journal, memory_stays_bounded_while_much_is_written) {
    TestJournal test;
    test.open();
    uint64_t peak = 0;
    for (int at = 0; at < 300; ++at) {
        ASSERT_TRUE(test.append(static_cast<uint32_t>(at % 5), std::string(8000, 'x')));
        peak = std::max(
            peak, test.journal->figures().tail_bytes + test.journal->figures().block_cache_bytes);
    }
    EXPECT_LE(peak, 256U << 10);
    for (uint32_t shard = 0; shard < 5; ++shard) EXPECT_EQ(test.read(shard)->size(), 60U);
    EXPECT_LE(test.journal->figures().block_cache_bytes, 64U << 10);
}

TEST(Journal, arrival_times_never_fall) {
    TestJournal test;
    test.open();
    for (int at = 0; at < 5; ++at) ASSERT_TRUE(test.append(1, "x"));
    const int64_t last = test.journal->bounds({1}).last_arrival_ms;
    test.crash();
    test.open();
    EXPECT_EQ(test.journal->bounds({1}).last_arrival_ms, last);
}

}  // namespace
}  // namespace fors::journal
