// SPDX-License-Identifier: Apache-2.0
// What a crash, a torn write and a flipped bit leave: everything acknowledged, nothing refused, and
// no damage unreported.
#include <gtest/gtest.h>

#include <cstring>
#include <map>

#include "journal/chunk.h"
#include "test_bad_blocks.h"
#include "test_journal.h"

namespace fors::journal {
namespace {

std::string text_of(uint64_t number) {
    return std::to_string(number) + ":" + std::string(number * 37 % 3000, 'x');
}

// Kills the machine at the `at`-th write; what was acknowledged before must be there.
void crash_at_write(uint64_t at, uint64_t seed) {
    TestJournal test(seed);
    test.open();
    std::vector<std::shared_ptr<TestJournal::Pending>> pending;
    uint64_t number = 0;
    while (test.disk.counts().writes < at && number < 150) {
        pending.push_back(
            test.start({{1, text_of(number)}, {static_cast<uint32_t>(2 + number % 3), "other"}}));
        ++number;
        const uint64_t stop = test.disk.counts().writes;
        test.world.run_until([&] { return test.disk.counts().writes > stop; }, 1ms);
    }
    test.world.run_for(env::Nanoseconds(static_cast<int64_t>(test.world.random().below(300'000))));
    test.crash();
    test.open();
    auto found = test.read(1);
    ASSERT_TRUE(found) << found.error().message;
    for (uint64_t each = 0; each < number; ++each) {
        const bool acknowledged = pending[each]->outcome && *pending[each]->outcome;
        if (!acknowledged && each >= found->size()) continue;
        ASSERT_LT(each, found->size()) << "an acknowledged record is lost; write " << at;
        EXPECT_EQ((*found)[each].sequence, each);
        EXPECT_EQ((*found)[each].data, text_of(each));
    }
    // At the most it was said that the last batch is not whole.
    EXPECT_EQ(test.journal->figures().damages, 0U) << test.reports[0];
    EXPECT_TRUE(test.append(1, "goes on"));
    EXPECT_EQ(test.read(1)->back().data, "goes on");
}

TEST(Recovery, keeps_what_was_acknowledged_whatever_write_it_dies_in) {
    for (uint64_t at = 1; at < 120; ++at)
        for (uint64_t seed = 1; seed <= 3; ++seed) crash_at_write(at, seed * 1000 + at);
}

TEST(Recovery, of_an_empty_directory_writes_little) {
    TestJournal test;
    test.open({});
    EXPECT_LE(test.disk.counts().writes, 1U);
    EXPECT_TRUE(test.journal->shards().empty());
    test.kill();
    test.open({});
    EXPECT_TRUE(test.reports.empty());
}

TEST(Recovery, again_and_again) {
    TestJournal test;
    for (uint64_t round = 0; round < 30; ++round) {
        test.open();
        ASSERT_EQ(test.read(1)->size(), round);
        ASSERT_TRUE(test.append(1, text_of(round)));
        round % 2 == 0 ? test.kill() : test.crash();
    }
    EXPECT_TRUE(test.reports.empty());
}

// Records in several batches, in one small segment. Gives back how many.
constexpr uint64_t batches_written = 6;
void write_segment(TestJournal& test) {
    test.open();
    for (uint64_t at = 0; at < batches_written; ++at) ASSERT_TRUE(test.append(1, text_of(at)));
    test.kill();
}

// How far a file's content matters: up to the last byte that isn't zero.
size_t used_bytes(const std::string& content) {
    const size_t last = content.find_last_not_of('\0');
    return last == std::string::npos ? 0 : last + 1;
}

void expect_only_true_records(TestJournal& test, uint64_t byte) {
    auto found = test.read(1);
    if (!found) return;
    for (const Read& record : *found)
        EXPECT_EQ(record.data, text_of(record.sequence)) << "after byte " << byte;
}

TEST(Recovery, detects_every_flipped_byte_of_a_segment) {
    size_t used = 0;
    std::string path;
    {
        TestJournal test;
        write_segment(test);
        path = test.files("journal").at(0);
        test.open();
        used = used_bytes(test.file(path));
    }
    uint64_t silent = 0;
    for (size_t byte = 0; byte < used; ++byte) {
        // Sectors beyond the first bytes of each batch are alike: every seventh byte will do there.
        if (byte % block_bytes > 128 && byte % 7 != 0) continue;
        TestJournal test;
        write_segment(test);
        test.disk.flip_bit(path, 8 * byte + byte % 8);
        test.open();
        expect_only_true_records(test, byte);
        const size_t kept = test.read(1)->size();
        EXPECT_GE(kept, batches_written - 1) << "byte " << byte;
        // The last batch may just as well be torn: it is dropped without a word.
        const bool last_batch = !test.reports.empty() || kept == batches_written ||
                                (*test.read(1)).back().sequence == batches_written - 2;
        EXPECT_TRUE(last_batch) << "byte " << byte << " is damaged in silence";
        if (test.reports.empty() && kept < batches_written) ++silent;
        EXPECT_TRUE(test.append(1, "goes on"));
    }
    EXPECT_GT(silent, 0U);
}

TEST(Recovery, a_damaged_batch_is_named_and_the_others_stay) {
    TestJournal test;
    write_segment(test);
    const std::string path = test.files("journal").at(0);
    test.disk.flip_bit(path, 8 * (3 * block_bytes + 100));
    test.open();
    ASSERT_FALSE(test.reports.empty());
    EXPECT_NE(test.reports[0].find(path), std::string::npos) << test.reports[0];
    EXPECT_NE(test.reports[0].find("12288"), std::string::npos) << test.reports[0];
    EXPECT_EQ(test.read(1)->size(), batches_written - 1);
    EXPECT_GT(test.journal->figures().damages, 0U);
}

TEST(Recovery, a_damaged_segment_header_costs_nothing_acknowledged) {
    for (uint64_t byte : {0U, 5U, 9U, 17U, 25U, 30U, 33U, 36U}) {
        TestJournal test;
        write_segment(test);
        test.disk.flip_bit(test.files("journal").at(0), 8 * byte);
        test.open();
        EXPECT_EQ(test.read(1)->size(), batches_written) << "byte " << byte;
        ASSERT_TRUE(test.append(1, text_of(batches_written)));
        EXPECT_EQ(test.read(1)->back().sequence, batches_written);
        test.crash();
        test.open();
        EXPECT_EQ(test.read(1)->size(), batches_written + 1) << "byte " << byte;
    }
}

// One chunk and a little journal behind it.
void write_chunk_file(TestJournal& test) {
    test.open();
    for (uint64_t at = 0; at < 40; ++at)
        ASSERT_TRUE(test.append({{1, text_of(at)}, {2, text_of(at)}}));
    test.settle();
    ASSERT_GT(test.journal->figures().chunks, 0U);
    test.kill();
}

TEST(Recovery, detects_every_flipped_byte_of_a_chunk) {
    size_t size = 0;
    std::string path;
    {
        TestJournal test;
        write_chunk_file(test);
        path = test.files("chunks").at(0);
        test.open();
        size = test.file(path).size();
    }
    for (size_t byte = 0; byte < size; ++byte) {
        const bool footer = byte + 2000 > size || byte < 100;
        if (!footer && byte % 97 != 0) continue;
        TestJournal test;
        write_chunk_file(test);
        test.disk.flip_bit(path, 8 * byte + byte % 8);
        test.open();
        expect_only_true_records(test, byte);
        // A block or a footer's copy: reported at the start or when it is read, and one shard at
        // the most is touched.
        auto first = test.read(1);
        auto second = test.read(2);
        EXPECT_TRUE(first || second) << "byte " << byte;
        const bool whole = first && second && first->size() == 40 && second->size() == 40;
        EXPECT_TRUE(whole || !test.reports.empty()) << "byte " << byte << " damaged in silence";
        if (!test.reports.empty()) {
            EXPECT_NE(test.reports[0].find(path), std::string::npos) << test.reports[0];
        }
        EXPECT_EQ(test.journal->bounds({1}).next.value, 40U) << "byte " << byte;
        EXPECT_EQ(test.journal->bounds({2}).next.value, 40U) << "byte " << byte;
    }
}

// What says where things are lies on the disk twice.
TEST(Recovery, starts_whichever_copy_of_a_chunks_ends_can_not_be_read) {
    TestJournal test;
    write_chunk_file(test);
    const std::string path = test.files("chunks").at(0);
    const uint64_t size = test.content(path).size();
    for (const uint64_t offset : {uint64_t{0}, size - 1, size - 300}) {
        BadBlocks disk(test.disk, path, offset);
        test.reports.clear();
        test.in_use = &disk;
        ASSERT_TRUE(test.try_open()) << offset;
        EXPECT_EQ(test.read(1)->size(), 40U) << offset;
        EXPECT_EQ(test.read(2)->size(), 40U) << offset;
        EXPECT_TRUE(offset == size - 300 || !test.reports.empty()) << offset;
        test.kill();
        test.in_use = &test.disk;
    }
}

// They may still have what the chunk had.
TEST(Recovery, keeps_the_segments_of_a_chunk_that_is_lost) {
    TestJournal test;
    test.open();
    for (int at = 0; at < 100; ++at) ASSERT_TRUE(test.append(1, std::string(4000, 'x')));
    test.settle();
    test.kill();
    const auto segments = test.files("journal");
    ASSERT_GT(segments.size(), 2U);
    const std::string path = test.files("chunks").back();
    const uint64_t size = test.content(path).size();
    test.disk.flip_bit(path, 8 * 4);
    test.disk.flip_bit(path, 8 * (size - 8));
    test.open();
    EXPECT_FALSE(test.reports.empty());
    test.settle(60s);
    const auto left = test.files("journal");
    const auto kept = std::ranges::count_if(segments, [&](const std::string& segment) {
        return std::ranges::find(left, segment) != left.end();
    });
    EXPECT_GE(kept, std::ssize(segments) - 1);  // one had batches of the chunk before alone
}

// Who is told that something is lost may refuse to start, and be started again.
TEST(Recovery, leaves_the_files_as_they_are_until_its_owner_goes_on) {
    TestJournal test;
    test.open();
    const std::string much(8'000, 'x');
    for (int at = 0; at < 3; ++at) ASSERT_TRUE(test.append({{1, much}, {2, "b"}}));
    test.kill();
    test.disk.flip_bit(test.files("journal").at(0), 8 * (block_bytes + 12'000));
    const auto chunks = test.files("chunks");
    Options options = small_options();
    options.chunk_bytes = 8 << 10;  // what is replayed is more
    options.untouched_at_first = true;
    for (int round = 0; round < 3; ++round) {
        test.reports.clear();
        ASSERT_TRUE(test.try_open(options));
        EXPECT_FALSE(test.journal->whole({1}));
        EXPECT_FALSE(test.reports.empty());
        test.settle();
        EXPECT_EQ(test.files("chunks"), chunks);
        test.kill();
    }
    ASSERT_TRUE(test.try_open(options));
    test.journal->begin_upkeep();
    test.settle();
    EXPECT_GT(test.files("chunks").size(), chunks.size());
}

TEST(Recovery, never_gives_the_sequence_of_a_lost_record_again) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append({{1, "a"}, {2, "b"}}));
    ASSERT_TRUE(test.append(1, "is lost"));
    ASSERT_TRUE(test.append(2, "c"));
    EXPECT_TRUE(test.journal->whole({1}));
    test.kill();
    test.disk.flip_bit(test.files("journal").at(0), 8 * (2 * block_bytes + 100));
    for (int round = 0; round < 2; ++round) {
        test.open();
        EXPECT_FALSE(test.journal->whole({1}));  // nothing tells whether shard 1 ended there
        EXPECT_TRUE(test.journal->whole({2}));
        EXPECT_FALSE(test.journal->whole({7}));
        EXPECT_GT(test.journal->bounds({1}).next.value, 2U);  // chunks' footers tell it on
        ASSERT_TRUE(test.append({{1, "new"}, {2, "new"}}));
        EXPECT_GT(test.read(1)->back().sequence, 1U);
        EXPECT_EQ(test.read(2)->back().sequence, static_cast<uint64_t>(2 + round));
        test.kill();
    }
    test.open();
    EXPECT_EQ(test.read(1)->size(), 3U);
}

// A record in each; then the process dies. Gives the second one's path.
std::string write_two_segments(TestJournal& test) {
    test.open();
    EXPECT_TRUE(test.append(1, "in the first segment"));
    EXPECT_TRUE(test.append(1, std::string(40'000, 'x')));  // needs one of its own
    test.kill();
    return test.files("journal").at(1);
}

TEST(Recovery, notices_a_header_that_is_older_than_its_batches) {
    TestJournal test;
    const std::string second = write_two_segments(test);
    test.put_older_header(second);
    test.open();
    ASSERT_EQ(test.reports.size(), 1U);
    EXPECT_EQ(test.reports[0],
              "damaged data: " + second + " at offset 0: the header is older than the batches");
    EXPECT_EQ(test.read(1)->size(), 1U);
    EXPECT_FALSE(test.journal->whole({1}));
    ASSERT_TRUE(test.append(1, "new"));
    EXPECT_GT(test.read(1)->back().sequence, 1U);  // not the lost one's
}

TEST(Recovery, notices_a_batch_that_lies_where_the_header_was) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(1, "stays"));
    test.kill();
    test.open();
    ASSERT_TRUE(test.append(1, "lost"));
    test.kill();
    const std::string file = test.files("journal").at(1);
    test.put_batch_over_header(file);
    test.open();
    ASSERT_EQ(test.reports.size(), 1U);
    EXPECT_TRUE(test.reports[0].starts_with("damaged data: " + file + " at offset 0: "));
    EXPECT_FALSE(test.journal->whole({1}));
    ASSERT_TRUE(test.append(1, "new"));
    EXPECT_GT(test.read(1)->back().sequence, 1U);  // not the lost one's
}

TEST(Recovery, notices_a_segment_of_which_nothing_is_left) {
    TestJournal test;
    const std::string second = write_two_segments(test);
    test.open();
    // The third one is in use already when its first batch never comes.
    test.disk.set_full(true);
    EXPECT_FALSE(test.append(1, std::string(50'000, 'y')));
    test.disk.set_full(false);
    test.kill();
    test.disk.flip_bit(second, 8 * (block_bytes + 100));
    test.reports.clear();
    test.open();
    EXPECT_GE(test.read(1)->size(), 1U);
    EXPECT_FALSE(test.reports.empty());
}

TEST(Recovery, old_batches_in_recycled_segments_never_come_back) {
    for (uint64_t seed = 1; seed <= 5; ++seed) {
        TestJournal test(seed);
        test.open();
        uint64_t number = 0;
        // Through all segments several times.
        for (; number < 400; ++number) ASSERT_TRUE(test.append(1, text_of(number)));
        EXPECT_LT(test.files("journal").size(), 16U);
        test.crash();
        test.open();
        EXPECT_TRUE(test.reports.empty()) << test.reports[0];
        auto found = test.read(1);
        ASSERT_TRUE(found);
        ASSERT_EQ(found->size(), number);
        for (uint64_t at = 0; at < number; ++at) {
            EXPECT_EQ((*found)[at].sequence, at);
            EXPECT_EQ((*found)[at].data, text_of(at));
        }
    }
}

TEST(Recovery, bytes_of_a_record_are_never_taken_for_a_batch) {
    // A client that sends what looks like batches: a copy of a segment, as a record that is
    // aligned in every possible way.
    TestJournal test;
    write_segment(test);
    const std::string path = test.files("journal").at(0);
    test.open();
    const std::string segment = test.file(path);
    std::string forged(512, '\0');
    for (size_t shift = 0; shift < 2; ++shift) forged += segment.substr(0, 8 * block_bytes);
    ASSERT_TRUE(test.append(5, forged));
    test.kill();
    // The batch that holds it is torn: what it holds must not be looked at.
    for (const std::string& file : test.files("journal"))
        if (file != path) test.disk.flip_bit(file, 8 * (block_bytes + 20));
    test.open();
    EXPECT_EQ(test.read(1)->size(), batches_written);
    EXPECT_TRUE(test.read(5)->empty());
}

TEST(Recovery, keeps_the_next_sequence_of_a_shard_whose_records_are_all_gone) {
    TestJournal test;
    test.open();
    for (uint64_t at = 0; at < 20; ++at) ASSERT_TRUE(test.append(1, text_of(at)));
    test.trim(1, 20);
    test.settle();
    for (uint64_t at = 0; at < 200; ++at) ASSERT_TRUE(test.append(2, text_of(at)));
    test.settle();
    for (int round = 0; round < 3; ++round) {
        test.crash();
        test.open();
        EXPECT_EQ(test.journal->bounds({1}).first.value, 20U);
        EXPECT_EQ(test.journal->bounds({1}).next.value, 20U);
        EXPECT_GT(test.journal->bounds({1}).last_arrival_ms, 0);
        EXPECT_TRUE(test.read(1)->empty());
    }
    ASSERT_TRUE(test.append(1, "new"));
    EXPECT_EQ(test.read(1)->at(0).sequence, 20U);
}

}  // namespace
}  // namespace fors::journal
