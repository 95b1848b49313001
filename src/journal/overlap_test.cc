// SPDX-License-Identifier: Apache-2.0
// Two batches under way at once: side by side at the disk, answered in their order, and what a
// crash or a failing disk makes of the pair.
#include <gtest/gtest.h>

#include "test_journal.h"

namespace fors::journal {
namespace {

using Pending = std::shared_ptr<TestJournal::Pending>;

// An append whose write has begun.
Pending begin(TestJournal& test, std::string data) {
    const uint64_t writes = test.disk.counts().writes;
    auto pending = test.start({{1, std::move(data)}});
    const bool begun =
        test.world.run_until([&] { return test.disk.counts().writes > writes; }, 10s);
    EXPECT_TRUE(begun);
    return pending;
}

bool acknowledged(const Pending& pending) { return pending->outcome && *pending->outcome; }

std::string letters(TestJournal& test) {
    std::string all;
    const auto found = test.read(1);
    for (const Read& record : *found) all += record.data.substr(0, 1);
    return all;
}

// In a segment so large that no other is prepared meanwhile.
void open_with_one(TestJournal& test) {
    Options options = small_options();
    options.segments = {.first_bytes = 1 << 20, .bytes_max = 1 << 20};
    test.open(options);
    ASSERT_TRUE(test.append(1, "0"));
    test.settle(1s);
}

void end_both(TestJournal& test, const Pending& first, const Pending& second) {
    ASSERT_TRUE(test.world.run_until([&] { return first->outcome && second->outcome; }, 600s));
}

TEST(Overlap, a_batch_is_begun_beside_the_one_that_is_under_way_and_no_third) {
    TestJournal test;
    open_with_one(test);
    test.disk.set_slowness(1000);
    const auto a = begin(test, "a");
    const auto b = begin(test, "b");
    EXPECT_FALSE(a->outcome);
    const uint64_t writes = test.disk.counts().writes;
    const auto c = test.start({{1, "c"}});
    while (!a->outcome) {
        EXPECT_EQ(test.disk.counts().writes, writes);
        test.world.run_for(1us);
    }
    end_both(test, b, c);
    EXPECT_EQ(letters(test), "0abc");
}

TEST(Overlap, they_are_answered_in_their_order) {
    for (uint64_t seed = 1; seed <= 50; ++seed) {
        TestJournal test(seed);
        open_with_one(test);
        const auto a = begin(test, "a");
        const auto b = begin(test, "b");
        while (!b->outcome) {
            if (!a->outcome) EXPECT_EQ(test.journal->bounds({1}).next.value, 1U);
            test.world.run_for(1us);
        }
        EXPECT_TRUE(a->outcome);
        test.crash();
        test.open();
        EXPECT_EQ(letters(test), "0ab") << "seed " << seed;
        EXPECT_TRUE(test.reports.empty()) << test.reports[0];
    }
}

TEST(Overlap, one_that_overtook_a_lost_one_does_not_come_back) {
    uint64_t dropped = 0;
    for (uint64_t seed = 1; seed <= 300; ++seed) {
        TestJournal test(seed);
        open_with_one(test);
        const auto a = begin(test, "a" + std::string(9000, 'x'));
        const auto b = begin(test, "b");
        test.world.run_for(
            env::Nanoseconds(static_cast<int64_t>(test.world.random().below(250'000))));
        const std::string least = acknowledged(b) ? "0ab" : acknowledged(a) ? "0a" : "0";
        test.crash();
        test.open();
        const std::string found = letters(test);
        EXPECT_TRUE(found == "0" || found == "0a" || found == "0ab") << found << " seed " << seed;
        EXPECT_GE(found.size(), least.size()) << "seed " << seed;
        EXPECT_EQ(test.journal->figures().damages, 0U) << test.reports[0];
        for (const std::string& report : test.reports) dropped += report.contains("is whole, but");
        // Nor once its number was given again.
        ASSERT_TRUE(test.append(1, "n"));
        test.crash();
        test.open();
        EXPECT_EQ(letters(test), found + "n") << "seed " << seed;
        EXPECT_EQ(test.journal->figures().damages, 0U) << test.reports.back();
    }
    EXPECT_GT(dropped, 20U);
}

TEST(Overlap, what_only_the_system_had_is_on_the_disk_after_a_start) {
    TestJournal test;
    open_with_one(test);
    const auto a = begin(test, "a");
    const auto b = begin(test, "b");
    test.kill();  // both are written, neither is synced
    test.open();
    EXPECT_EQ(letters(test), "0ab");
    test.crash();
    test.open();
    EXPECT_EQ(letters(test), "0ab");
}

// Gives the file.
std::string write_pair(TestJournal& test, bool and_one_more) {
    open_with_one(test);
    const auto a = begin(test, "a" + std::string(3000, 'x'));
    const auto b = begin(test, "b");
    end_both(test, a, b);
    if (and_one_more) EXPECT_TRUE(test.append(1, "c"));
    test.kill();
    test.disk.flip_bit(test.files("journal").at(0), 8 * (2 * block_bytes + 100));  // in a
    test.open();
    return test.files("journal").at(0);
}

TEST(Overlap, a_damaged_one_is_told_when_a_later_one_was_begun_after_it_was_synced) {
    TestJournal test;
    const std::string file = write_pair(test, true);
    EXPECT_EQ(letters(test), "0bc");
    ASSERT_FALSE(test.reports.empty());
    EXPECT_EQ(test.reports[0],
              "damaged data: " + file + " at offset 8192: a batch does not fit its checksum");
    EXPECT_FALSE(test.journal->whole({1}));
}

// As a crash may leave it: nothing can tell.
TEST(Overlap, a_damaged_one_of_the_last_pair_looks_unfinished) {
    TestJournal test;
    (void)write_pair(test, false);
    EXPECT_EQ(letters(test), "0");
    EXPECT_EQ(test.journal->figures().damages, 0U);
    EXPECT_EQ(test.journal->figures().torn_batches, 2U);
    EXPECT_EQ(test.reports.size(), 2U);
}

// An append whose sync has begun; it will end in this way, and no other does.
Pending begin_sync(TestJournal& test, std::string data, bool well) {
    test.disk.set_failures({.sync_failure = well ? 0.0 : 1.0});
    const uint64_t syncs = test.disk.counts().syncs;
    auto pending = test.start({{1, std::move(data)}});
    EXPECT_TRUE(test.world.run_until([&] { return test.disk.counts().syncs > syncs; }, 10s));
    test.disk.set_failures({});
    return pending;
}

TEST(Overlap, when_the_first_fails_both_are_refused_and_void) {
    for (const bool machine : {false, true}) {
        TestJournal test;
        open_with_one(test);
        test.disk.set_slowness(100);
        const auto a = begin_sync(test, "a", false);
        const auto b = begin_sync(test, "b", true);
        EXPECT_FALSE(a->outcome);
        end_both(test, a, b);
        EXPECT_FALSE(acknowledged(a));
        EXPECT_FALSE(acknowledged(b));
        EXPECT_EQ(b->outcome->error().code, Code::io_failed);
        machine ? test.crash() : test.kill();
        test.open();
        EXPECT_EQ(letters(test), "0");
        ASSERT_TRUE(test.append(1, "n"));
        EXPECT_EQ(letters(test), "0n");
        EXPECT_EQ(test.journal->figures().damages, 0U);
    }
}

TEST(Overlap, when_the_second_fails_the_first_stays) {
    for (const bool machine : {false, true}) {
        TestJournal test;
        open_with_one(test);
        test.disk.set_slowness(100);
        const auto a = begin_sync(test, "a", true);
        const auto b = begin_sync(test, "b", false);
        EXPECT_FALSE(a->outcome);
        end_both(test, a, b);
        EXPECT_TRUE(acknowledged(a));
        EXPECT_FALSE(acknowledged(b));
        machine ? test.crash() : test.kill();
        test.open();
        EXPECT_EQ(letters(test), "0a");
        ASSERT_TRUE(test.append(1, "n"));
        EXPECT_EQ(letters(test), "0an");
        EXPECT_EQ(test.journal->figures().damages, 0U);
    }
}

}  // namespace
}  // namespace fors::journal
