// SPDX-License-Identifier: Apache-2.0
// Chunks, and what trimming gives back: ranges, files, whole shards; for good.
#include <gtest/gtest.h>

#include <algorithm>

#include "test_journal.h"

namespace fors::journal {
namespace {

void fill(TestJournal& test, uint32_t shards, int rounds, size_t bytes = 4000) {
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::pair<uint32_t, std::string>> records;
        for (uint32_t shard = 1; shard <= shards; ++shard)
            records.emplace_back(shard, std::to_string(round) + std::string(bytes, 'x'));
        ASSERT_TRUE(test.append(std::move(records)));
    }
    test.settle();
}

uint64_t zero_bytes_in(const std::string& content) {
    return static_cast<uint64_t>(std::ranges::count(content, '\0'));
}

TEST(Retention, reads_go_over_from_chunks_to_memory_without_a_seam) {
    TestJournal test;
    test.open();
    fill(test, 3, 60);
    EXPECT_GT(test.journal->figures().chunks, 1U);
    EXPECT_GT(test.journal->figures().tail_bytes, 0U);
    for (uint32_t portion : {1U, 7U, 1000U}) {
        auto found = test.read(2, 0, portion);
        ASSERT_TRUE(found);
        ASSERT_EQ(found->size(), 60U);
        for (uint64_t at = 0; at < 60; ++at) {
            EXPECT_EQ((*found)[at].sequence, at);
            EXPECT_TRUE((*found)[at].data.starts_with(std::to_string(at) + "x"));
        }
    }
    for (uint64_t from = 0; from < 60; ++from) EXPECT_EQ(test.read(3, from)->at(0).sequence, from);
}

TEST(Retention, one_record_larger_than_a_block_is_read_back) {
    TestJournal test;
    Options options = small_options();
    options.cache_bytes = 4 << 20;
    test.open(std::move(options));
    const std::string large(1'500'000, 'L');
    ASSERT_TRUE(test.append({{1, "before"}, {1, large}, {1, "after"}}));
    ASSERT_TRUE(test.append(2, std::string(1'000'000, 'z')));
    test.settle();
    ASSERT_GT(test.journal->figures().chunks, 0U);
    auto found = test.read(1);
    ASSERT_EQ(found->size(), 3U);
    EXPECT_EQ((*found)[1].data, large);
    EXPECT_EQ((*found)[2].data, "after");
}

TEST(Retention, a_trim_is_seen_at_once_and_lasts) {
    TestJournal test;
    test.open();
    fill(test, 2, 40);
    test.trim(1, 30);
    EXPECT_EQ(test.journal->bounds({1}).first.value, 30U);
    EXPECT_EQ(test.read(1)->at(0).sequence, 30U);
    EXPECT_EQ(test.read(2)->size(), 40U);
    test.settle();
    test.crash();
    test.open();
    EXPECT_EQ(test.read(1)->at(0).sequence, 30U);
    EXPECT_EQ(test.read(2)->size(), 40U);
    EXPECT_TRUE(test.reports.empty()) << test.reports[0];
}

TEST(Retention, a_trim_beyond_the_end_takes_all_and_no_more) {
    TestJournal test;
    test.open();
    fill(test, 1, 5);
    test.trim(1, 1000);
    EXPECT_TRUE(test.read(1)->empty());
    ASSERT_TRUE(test.append(1, "next"));
    EXPECT_EQ(test.read(1)->at(0).sequence, 5U);
    test.trim(1, 2);  // back: nothing changes
    EXPECT_EQ(test.journal->bounds({1}).first.value, 5U);
}

TEST(Retention, gives_ranges_of_a_file_back_while_a_neighbour_still_needs_it) {
    TestJournal test;
    test.open();
    fill(test, 2, 60);
    const std::string path = test.files("chunks").at(0);
    const uint64_t before = zero_bytes_in(test.file(path));
    test.trim(1, 60);
    test.settle(60s);
    const std::string punched = test.file(path);
    EXPECT_GT(zero_bytes_in(punched), before + punched.size() / 3);
    EXPECT_EQ(test.read(2)->size(), 60U);
    test.crash();
    test.open();
    EXPECT_TRUE(test.reports.empty()) << test.reports[0];
    EXPECT_EQ(test.read(2)->size(), 60U);
}

TEST(Retention, removes_files_nobody_needs) {
    TestJournal test;
    test.open();
    fill(test, 2, 100);
    const size_t before = test.files("chunks").size();
    ASSERT_GT(before, 3U);
    test.trim(1, 100);
    test.trim(2, 100);
    test.settle(60s);
    // The newest stays for its table of shards; it is hollow.
    EXPECT_EQ(test.files("chunks").size(), 1U);
    fill(test, 2, 100);
    test.settle(60s);
    EXPECT_EQ(test.read(1)->size(), 100U);
    for (const std::string& file : test.files("chunks"))
        EXPECT_LT(zero_bytes_in(test.file(file)), 20'000U) << file << " is hollow and still there";
}

// The note of a trim is itself a write: without room for it, files make room by going.
TEST(Retention, a_full_disk_empties_itself_of_files_nobody_needs) {
    TestJournal test;
    test.open();
    fill(test, 2, 100);
    ASSERT_GT(test.files("chunks").size(), 3U);
    test.disk.set_full(true);
    test.trim(1, 100);
    test.trim(2, 90);
    test.settle(60s);
    EXPECT_EQ(test.files("chunks").size(), 1U);
    test.crash();
    test.disk.set_full(false);
    test.reports.clear();
    test.open();
    EXPECT_TRUE(test.reports.empty()) << test.reports[0];
    EXPECT_EQ(test.read(2)->back().sequence, 99U);
    EXPECT_EQ(test.journal->bounds({1}).next.value, 100U);
}

// Another trim comes while the note of the first is written: its bytes wait for its own note.
TEST(Retention, nothing_is_punched_out_before_its_trim_is_noted) {
    TestJournal test;
    test.open();
    fill(test, 2, 60);
    test.trim(1, 10);
    const uint64_t before = test.disk.counts().writes;
    ASSERT_TRUE(test.world.run_until([&] { return test.disk.counts().writes > before; }, 10s));
    test.trim(2, 50);
    test.settle(100ms);
    test.kill();
    test.open();
    EXPECT_TRUE(test.read(1) && test.read(2));
    EXPECT_TRUE(test.reports.empty()) << test.reports[0];
}

TEST(Retention, a_deleted_shard_is_forgotten_wholly) {
    TestJournal test;
    test.open();
    fill(test, 3, 50);
    test.trim(2, ~uint64_t{0});
    EXPECT_EQ(test.journal->shards(), (std::vector<log::ShardId>{{1}, {3}}));
    EXPECT_EQ(test.journal->bounds({2}).next.value, 0U);
    EXPECT_TRUE(test.read(2)->empty());
    test.settle();
    for (int round = 0; round < 2; ++round) {
        test.crash();
        test.open();
        EXPECT_EQ(test.journal->shards(), (std::vector<log::ShardId>{{1}, {3}}));
        EXPECT_EQ(test.read(1)->size(), 50U);
        EXPECT_EQ(test.read(3)->size(), 50U);
        fill(test, 0, 0);
        for (int at = 0; at < 50; ++at)
            ASSERT_TRUE(test.append(9, std::string(4000, 'x')));  // chunks once more
        test.settle();
        test.trim(9, ~uint64_t{0});
        test.settle();
    }
}

TEST(Retention, deleting_a_shard_while_its_records_are_under_way) {
    TestJournal test;
    test.open();
    fill(test, 2, 3);
    auto pending = test.start({{1, "late"}});
    test.world.run_for(30us);
    test.trim(1, ~uint64_t{0});
    test.settle();
    ASSERT_TRUE(pending->outcome);
    EXPECT_EQ(test.journal->shards(), (std::vector<log::ShardId>{{2}}));
    test.crash();
    test.open();
    EXPECT_EQ(test.journal->shards(), (std::vector<log::ShardId>{{2}}));
}

TEST(Retention, what_is_trimmed_is_not_written_into_chunks) {
    TestJournal test;
    Options options = small_options();
    options.cache_bytes = 1 << 20;
    test.open(std::move(options));
    for (int at = 0; at < 90; ++at) {
        ASSERT_TRUE(test.append(1, std::string(4000, 'x')));
        test.trim(1, test.journal->bounds({1}).next.value);
    }
    ASSERT_TRUE(test.append(2, "kept"));
    test.settle();
    EXPECT_LT(test.journal->figures().chunk_bytes, 50'000U);
    EXPECT_EQ(test.read(2)->size(), 1U);
}

TEST(Retention, journal_segments_are_used_again) {
    TestJournal test;
    test.open();
    fill(test, 2, 300);
    EXPECT_LT(test.files("journal").size(), 16U);
    test.crash();
    test.open();
    test.settle();
    EXPECT_LT(test.files("journal").size(), 16U);
    EXPECT_EQ(test.read(1)->size(), 300U);
}

}  // namespace
}  // namespace fors::journal
