// SPDX-License-Identifier: Apache-2.0
// The dump of files that a journal wrote, whole and damaged.
#include "journal/dump.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "test_journal.h"

namespace fors::journal {
namespace {

struct Dumped {
    Result<uint64_t> damages;
    std::vector<std::string> lines;
};

Dumped dump_of(TestJournal& test, const std::string& path) {
    Dumped dumped;
    dumped.damages = test.run<Result<uint64_t>>([&] {
        return dump(test.disk, path, {.records = true},
                    [&](std::string_view line) { dumped.lines.emplace_back(line); });
    });
    return dumped;
}

size_t count_of(const Dumped& dumped, std::string_view beginning) {
    return static_cast<size_t>(std::ranges::count_if(
        dumped.lines, [&](const std::string& line) { return line.starts_with(beginning); }));
}

TEST(Dump, of_a_segment_lists_its_batches_and_records) {
    TestJournal test;
    test.open();
    for (int at = 0; at < 3; ++at) ASSERT_TRUE(test.append({{1, "one"}, {2, "two"}}));
    const std::string path = test.files("journal").at(0);
    const Dumped whole = dump_of(test, path);
    ASSERT_TRUE(whole.damages);
    EXPECT_EQ(*whole.damages, 0U);
    EXPECT_EQ(count_of(whole, "segment  version 1"), 1U);
    EXPECT_EQ(count_of(whole, "batch "), 3U);
    EXPECT_EQ(count_of(whole, "  shard 2  sequences"), 3U);
    EXPECT_EQ(count_of(whole, "    "), 6U);

    test.disk.flip_bit(path, 8 * (2 * block_bytes + 100));
    const Dumped damaged = dump_of(test, path);
    ASSERT_TRUE(damaged.damages);
    EXPECT_EQ(*damaged.damages, 1U);
    EXPECT_EQ(count_of(damaged, "DAMAGED  batch 2 at 8192"), 1U);
    EXPECT_EQ(count_of(damaged, "batch "), 2U);
}

TEST(Dump, of_a_chunk_tells_trimmed_blocks_from_damaged_ones) {
    TestJournal test;
    test.open();
    for (int at = 0; at < 40; ++at)
        ASSERT_TRUE(test.append({{1, std::string(2000, 'a')}, {2, std::string(2000, 'b')}}));
    test.settle();
    const auto chunks = test.files("chunks");
    ASSERT_FALSE(chunks.empty());
    const Dumped whole = dump_of(test, chunks[0]);
    ASSERT_TRUE(whole.damages);
    EXPECT_EQ(*whole.damages, 0U);
    const size_t blocks = count_of(whole, "block  at");
    EXPECT_GE(blocks, 2U);

    test.disk.flip_bit(chunks[0], 8 * (chunk_start_bytes + 100));
    const Dumped damaged = dump_of(test, chunks[0]);
    EXPECT_EQ(*damaged.damages, 1U);
    EXPECT_EQ(count_of(damaged, "block  at"), blocks);
}

TEST(Dump, of_something_else_is_refused) {
    TestJournal test;
    test.open();
    EXPECT_EQ(dump_of(test, "lock").damages.error().code, Code::invalid_argument);
    EXPECT_EQ(dump_of(test, "journal/none.segment").damages.error().code, Code::not_found);
}

}  // namespace
}  // namespace fors::journal
