// SPDX-License-Identifier: Apache-2.0
// Verifying: nothing to say of what a journal leaves behind, however it ends; and of every flipped
// bit, where it is.
#include "journal/verify.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "journal/segment_header.h"
#include "journal/segment_scan.h"
#include "test_bad_blocks.h"
#include "test_journal.h"

namespace fors::journal {
namespace {

Verified verified(TestJournal& test) {
    FullSpeed pace;
    auto outcome = test.run_apart<Result<Verified>>([&] { return verify(test.disk, pace); });
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? *outcome : Verified{};
}

std::string all_of(const Verified& verified) {
    std::string all;
    for (const Finding& finding : verified.findings)
        all += (finding.kind == Finding::Kind::damage ? "DAMAGED " : "") + text_of(finding) + "\n";
    return all;
}

// Streams come, are trimmed and go; chunks and recycled segments come about.
void write_a_lot(TestJournal& test, int batches) {
    sim::Random& random = test.world.random();
    uint32_t base = 1;
    for (const log::ShardId shard : test.journal->shards()) base = std::max(base, shard.value);
    for (int at = 0; at < batches; ++at) {
        std::vector<std::pair<uint32_t, std::string>> records;
        for (uint64_t each = 0; each <= random.below(3); ++each)
            records.emplace_back(base + static_cast<uint32_t>(random.below(5)),
                                 std::string(random.below(3000), 'x'));
        (void)test.append(std::move(records));
        const auto shard = base + static_cast<uint32_t>(random.below(5));
        if (random.chance(0.1)) test.trim(shard, test.journal->bounds({shard}).next.value / 2);
        if (random.chance(0.03)) test.trim(base++, ~uint64_t{0});  // never to be used again
        if (random.chance(0.05)) test.settle(2s);
    }
}

TEST(Verify, finds_nothing_wrong_however_the_journal_ends) {
    uint64_t blocks = 0, trimmed = 0, records = 0, unfinished = 0;
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        TestJournal test(seed, {.sync_failure = seed % 3 == 0 ? 0.02 : 0.0});
        for (int round = 0; round < 3; ++round) {
            if (!test.try_open()) continue;
            write_a_lot(test, 60);
            for (int at = 0; at < 4; ++at) (void)test.start({{0, std::string(9000, 'y')}});
            test.world.run_for(
                env::Nanoseconds(static_cast<int64_t>(test.world.random().below(400'000))));
            seed % 2 == 0 ? test.kill() : test.crash();
            const Verified found = verified(test);
            EXPECT_EQ(found.damages(), 0U) << "seed " << seed << "\n" << all_of(found);
            blocks += found.figures.blocks;
            trimmed += found.figures.blocks_trimmed;
            records += found.figures.records;
            unfinished += found.findings.size();
        }
        // Of a last batch that was torn a start tells, too.
        for (const std::string& report : test.reports)
            EXPECT_TRUE(report.contains("is not whole") || report.contains("is whole, but not") ||
                        seed % 3 == 0)
                << report;
    }
    EXPECT_GT(blocks, 500U);
    EXPECT_GT(trimmed, 50U);
    EXPECT_GT(records, 5000U);
    EXPECT_GT(unfinished, 0U);  // torn ends came to pass
}

TEST(Verify, counts_what_a_server_finds) {
    TestJournal test;
    test.open();
    uint64_t kept = 0;
    for (int at = 0; at < 100; ++at)
        ASSERT_TRUE(test.append({{1, std::string(2000, 'a')}, {2, "b"}}));
    test.settle();
    kept = test.read(1)->size() + test.read(2)->size();
    test.kill();
    const Verified found = verified(test);
    EXPECT_EQ(found.findings.size(), 0U) << all_of(found);
    EXPECT_EQ(found.figures.records, kept);
    EXPECT_EQ(found.figures.shards, 2U);
    EXPECT_EQ(found.figures.chunks, test.files("chunks").size());
    EXPECT_GT(found.figures.blocks, 1U);
    EXPECT_GT(found.figures.bytes, 100U * 2000U);
}

TEST(Verify, a_survey_does_not_keep_every_chunks_table_of_shards) {
    TestJournal test;
    test.open();
    while (test.files("chunks").size() < 3)
        ASSERT_TRUE(test.append({{1, std::string(2000, 'a')}, {2, "b"}}));
    test.settle();
    const uint64_t next = test.journal->bounds({1}).next.value;
    test.kill();
    FullSpeed pace;
    const auto found = test.run_apart<Result<Survey>>([&] { return survey(test.disk, pace); });
    ASSERT_TRUE(found);
    EXPECT_GE(found->chunks.size(), 3U);
    for (const Survey::Chunk& chunk : found->chunks) {
        EXPECT_FALSE(chunk.index.lost);
        EXPECT_TRUE(chunk.index.shards.empty());
    }
    ASSERT_EQ(found->shards.size(), 2U);
    EXPECT_EQ(found->shards.at(1).next, next);
}

// Chunks, old segments and the one in use. Nothing is trimmed.
void write_files(TestJournal& test) {
    test.open();
    for (int at = 0; at < 45; ++at) {
        ASSERT_TRUE(test.append({{1, std::string(1000, 'a')}, {2, std::string(1000, 'b')}}));
    }
    test.settle();
    for (int at = 0; at < 6; ++at) {
        ASSERT_TRUE(test.append(3, std::string(5000, 'c')));
    }
    test.kill();
}

// Where the batches of a segment end, and where the last one begins.
std::pair<uint64_t, uint64_t> last_batch_of(TestJournal& test, const std::string& path) {
    using Places = Result<std::pair<uint64_t, uint64_t>>;
    const auto look = [](sim::Disk& disk, std::string file) -> env::Task<Places> {
        FullSpeed pace;
        auto scan = co_await SegmentScan::open(disk, file, pace);
        if (!scan) co_return std::unexpected(scan.error());
        while (true) {
            auto batch = co_await scan->next(~uint64_t{0});
            if (!batch || !*batch) co_return std::pair(scan->offset(), scan->end());
        }
    };
    return *test.run_apart<Places>([&] { return look(test.disk, path); });
}

TEST(Verify, finds_every_flipped_bit_and_says_where) {
    TestJournal test;
    write_files(test);
    ASSERT_EQ(verified(test).findings.size(), 0U) << all_of(verified(test));
    const auto segments = test.files("journal");
    ASSERT_GE(test.files("chunks").size(), 1U);
    ASSERT_GE(segments.size(), 2U);
    uint64_t flipped = 0, remarks = 0;
    for (const std::string& path : test.disk.files()) {
        const bool segment = path.ends_with(".segment");
        if (!segment && !path.ends_with(".chunk")) continue;
        const auto [last, end] = segment ? last_batch_of(test, path)
                                         : std::pair(~uint64_t{0}, test.content(path).size());
        const bool newest = path == segments.back();
        for (uint64_t byte = 0; byte < end; ++byte) {
            // Every byte that means something to the format, and of the others some.
            const bool head = byte % block_bytes < 80 || byte < 100 || byte + 700 > end;
            if (!head && byte % 61 != 0) continue;
            test.disk.flip_bit(path, 8 * byte + byte % 8);
            const Verified found = verified(test);
            test.disk.flip_bit(path, 8 * byte + byte % 8);
            ++flipped;
            const auto names_it = [&](const Finding& finding) {
                return finding.file == path && finding.offset <= byte;
            };
            ASSERT_TRUE(std::ranges::any_of(found.findings, names_it))
                << path << " byte " << byte << "\n"
                << all_of(found);
            if (newest && byte >= last)  // may be torn just as well
                ++remarks;
            else
                ASSERT_GT(found.damages(), 0U) << path << " byte " << byte;
        }
    }
    EXPECT_GT(flipped, 2000U);
    EXPECT_GT(remarks, 100U);
}

TEST(Verify, goes_on_past_a_block_that_cannot_be_read) {
    TestJournal test;
    write_files(test);
    const Verified whole = verified(test);
    for (const std::string& path : {test.files("chunks").at(0), test.files("journal").back()}) {
        BadBlocks disk(test.disk, path, 2 * block_bytes + 17);
        FullSpeed pace;
        auto found = test.run_apart<Result<Verified>>([&] { return verify(disk, pace); });
        ASSERT_TRUE(found) << found.error().message;
        EXPECT_NE(all_of(*found).find(path + " at offset 8192: 4096 bytes: input/output error"),
                  std::string::npos)
            << all_of(*found);
        EXPECT_GE(found->damages(), 2U);  // and what lay there
        EXPECT_GT(found->figures.records, whole.figures.records / 2);
        EXPECT_LT(found->figures.records, whole.figures.records);
    }
}

TEST(Verify, notices_a_chunk_that_is_gone) {
    TestJournal whole;
    write_files(whole);
    for (const std::string& chunk : whole.files("chunks")) {
        TestJournal test;
        write_files(test);
        const auto remove = [](sim::Disk& disk, std::string path) -> env::Task<Result<>> {
            co_return co_await disk.remove(path);
        };
        ASSERT_TRUE(test.run_apart<Result<>>([&] { return remove(test.disk, chunk); }));
        const Verified found = verified(test);
        // Its batches may still be in the segments: then nothing is lost.
        const bool told = all_of(found).find("in no file") != std::string::npos ||
                          all_of(found).find("missing") != std::string::npos;
        EXPECT_TRUE(told || found.figures.records == verified(whole).figures.records)
            << chunk << "\n"
            << all_of(found);
    }
}

TEST(Verify, notices_a_header_that_is_older_than_its_batches) {
    TestJournal test;
    write_files(test);
    const std::string last = test.files("journal").back();
    test.put_older_header(last);
    const Verified found = verified(test);
    EXPECT_EQ(found.damages(), 1U) << all_of(found);
    EXPECT_TRUE(all_of(found).contains(last + " at offset 0: the header is older than the batches"))
        << all_of(found);
}

TEST(Verify, refuses_what_is_no_data_directory) {
    TestJournal test;
    FullSpeed pace;
    auto none = test.run_apart<Result<Verified>>([&] { return verify(test.disk, pace); });
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().code, Code::not_found);
}

}  // namespace
}  // namespace fors::journal
