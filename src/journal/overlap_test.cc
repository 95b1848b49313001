// SPDX-License-Identifier: Apache-2.0
// Two batches under way at once: side by side at the disk, answered in their order, and what a
// crash or a failing disk makes of the pair.
#include <gtest/gtest.h>

#include <cstring>

#include "journal/salvage.h"
#include "journal/verify.h"
#include "test_bad_blocks.h"
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
void open_with_one(TestJournal& test, size_t cache_bytes = 256 << 10) {
    Options options = small_options();
    options.cache_bytes = cache_bytes;
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

// Two that were under way together.
void append_pair(TestJournal& test, const std::string& letter, const std::string& letter_too) {
    const auto first = begin(test, letter + std::string(3000, 'x'));
    const auto second = begin(test, letter_too);
    end_both(test, first, second);
}

// The first one, and a pair behind it.
void write_pair(TestJournal& test) {
    open_with_one(test);
    append_pair(test, "a", "b");
}

// Each has a block of its own: 0 the first, a the second, and so on.
constexpr uint64_t block_of(uint64_t batch) { return (1 + batch) * block_bytes; }
enum : uint64_t { batch_a = 1, batch_c = 3 };

std::string segment_of(TestJournal& test) { return test.files("journal").at(0); }

void flip_a_bit(TestJournal& test, uint64_t batch) {
    test.disk.flip_bit(segment_of(test), 8 * (block_of(batch) + 100));
}

// The batch's block is put there, and zeros to where it was.
void move_batch(TestJournal& test, uint64_t batch, uint64_t to) {
    const auto move = [](sim::Disk& disk, std::string path, uint64_t from,
                         uint64_t target) -> env::Task<Result<>> {
        auto file = co_await disk.open(std::move(path), env::OpenMode::write);
        if (!file) co_return std::unexpected(file.error());
        std::vector<std::byte> block(block_bytes);
        auto got = co_await (*file)->read(from, block);
        if (!got) co_return std::unexpected(got.error());
        auto done = co_await (*file)->write_synced(target, block);
        std::ranges::fill(block, std::byte{0});
        if (done) done = co_await (*file)->write_synced(from, block);
        co_return done;
    };
    const auto moved = test.run_apart<Result<>>(
        [&] { return move(test.disk, segment_of(test), block_of(batch), block_of(to)); });
    ASSERT_TRUE(moved);
}

Verified verified(TestJournal& test) {
    FullSpeed pace;
    return *test.run_apart<Result<Verified>>([&] { return verify(test.disk, pace); });
}

// A start tells of one damage, and so does verify before it; gives what is left.
std::string open_damaged(TestJournal& test, uint64_t batch) {
    EXPECT_EQ(verified(test).damages(), 1U);
    test.open();
    const std::string told = "damaged data: " + segment_of(test) + " at offset " +
                             std::to_string(block_of(batch)) +
                             ": a batch does not fit its checksum";
    EXPECT_EQ(std::ranges::count(test.reports, told), 1);
    EXPECT_FALSE(test.journal->whole({1}));
    std::string left = letters(test);
    // So it stays, whatever comes behind it.
    EXPECT_TRUE(test.append(1, "n"));
    test.crash();
    test.open();
    EXPECT_EQ(letters(test), left + "n");
    return left;
}

TEST(Overlap, a_damaged_one_is_told_when_a_later_one_was_begun_after_it_was_synced) {
    TestJournal test;
    write_pair(test);
    ASSERT_TRUE(test.append(1, "c"));
    test.kill();
    flip_a_bit(test, batch_a);
    EXPECT_EQ(open_damaged(test, batch_a), "0bc");
}

// The header of a third is enough: it was begun when the first of the two had been synced.
TEST(Overlap, a_damaged_one_is_told_when_a_later_one_was_begun_and_torn) {
    TestJournal test;
    write_pair(test);
    ASSERT_TRUE(test.append(1, "c"));
    test.kill();
    flip_a_bit(test, batch_a);
    flip_a_bit(test, batch_c);
    EXPECT_EQ(open_damaged(test, batch_a), "0b");
}

TEST(Overlap, a_damaged_one_is_told_before_a_pair_of_which_the_first_is_torn) {
    for (const bool begun : {false, true}) {
        TestJournal test;
        open_with_one(test);
        append_pair(test, "a", "b");
        append_pair(test, "c", "d");
        test.kill();
        flip_a_bit(test, batch_a);
        if (begun)
            flip_a_bit(test, batch_c);
        else
            move_batch(test, 20, batch_c);  // zeros
        EXPECT_EQ(open_damaged(test, batch_a), "0b");
    }
}

TEST(Overlap, one_that_the_disk_put_behind_the_pair_is_told) {
    TestJournal test;
    write_pair(test);
    test.kill();
    move_batch(test, batch_a, batch_c);
    EXPECT_EQ(open_damaged(test, batch_a), "0b");
}

// As a crash may leave it: nothing can tell.
TEST(Overlap, a_damaged_one_of_the_last_pair_looks_unfinished) {
    TestJournal test;
    write_pair(test);
    test.kill();
    flip_a_bit(test, batch_a);
    EXPECT_EQ(verified(test).damages(), 0U);
    test.open();
    EXPECT_EQ(letters(test), "0");
    EXPECT_EQ(test.journal->figures().damages, 0U);
    EXPECT_EQ(test.journal->figures().torn_batches, 2U);
    EXPECT_EQ(test.reports.size(), 2U);
}

TEST(Overlap, one_of_the_last_pair_that_cannot_be_read_is_told_and_the_other_salvaged) {
    TestJournal test;
    write_pair(test);
    test.kill();
    BadBlocks disk(test.disk, segment_of(test), block_of(batch_a));
    sim::Disk fresh(test.world, {});
    FullSpeed pace;
    const auto salvaged =
        test.run_apart<Result<Salvaged>>([&] { return salvage(disk, fresh, pace, {}); });
    ASSERT_TRUE(salvaged);
    EXPECT_EQ(salvaged->records_lost(), 1U);
    test.in_use = &fresh;
    test.open();
    EXPECT_EQ(letters(test), "0b");
}

// The segment that has lost its header holds what was begun after the pair had been synced.
TEST(Overlap, a_damaged_one_is_told_before_a_segment_without_a_header) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(1, "0"));
    append_pair(test, "a", "b");
    test.settle(1s);  // the next segment is ready
    ASSERT_TRUE(test.append(1, "c" + std::string(30'000, 'x')));
    test.kill();
    flip_a_bit(test, batch_a);
    const std::string next = test.files("journal").at(1);
    for (const uint64_t copy : {uint64_t{0}, segment_copy_offset})
        test.disk.flip_bit(next, 8 * (copy + 20));
    test.open();
    EXPECT_EQ(letters(test), "0b");
    EXPECT_EQ(
        std::ranges::count(test.reports, "damaged data: " + segment_of(test) +
                                             " at offset 8192: a batch does not fit its checksum"),
        1);
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

// It would be refused with it, and the file's state is unknown.
TEST(Overlap, none_is_begun_behind_one_that_failed) {
    TestJournal test;
    open_with_one(test, 4 << 20);
    test.disk.set_slowness(1000);
    const auto slow = begin_sync(test, "a", true);
    test.disk.set_slowness(1);
    const auto failing = begin_sync(test, "b", false);
    const auto large = test.start({{1, "c" + std::string(400'000, 'x')}});
    end_both(test, failing, large);
    EXPECT_TRUE(acknowledged(slow));
    EXPECT_FALSE(acknowledged(failing));
    EXPECT_TRUE(acknowledged(large));
    EXPECT_EQ(letters(test), "0ac");
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
