// SPDX-License-Identifier: Apache-2.0
// A full disk and a failing one: writes answer at once, reads go on, nothing refused ever appears.
#include <gtest/gtest.h>

#include <algorithm>

#include "test_disk_over.h"
#include "test_journal.h"

namespace fors::journal {
namespace {

TEST(Fault, a_full_disk_refuses_writes_and_recovers_without_a_restart) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(1, "before"));
    test.disk.set_full(true);
    for (int at = 0; at < 5; ++at) {
        auto refused = test.append(1, "refused");
        ASSERT_FALSE(refused);
        // The first one was written, perhaps, and nothing can be written that makes it void.
        EXPECT_EQ(refused.error().code, at == 0 ? Code::outcome_unknown : Code::io_failed);
        test.settle(100ms);
    }
    EXPECT_FALSE(test.journal->figures().trouble.empty());
    EXPECT_FALSE(test.reports.empty());
    EXPECT_EQ(test.read(1)->size(), 1U);
    test.disk.set_full(false);
    test.settle(2s);
    ASSERT_TRUE(test.append(1, "after"));
    EXPECT_TRUE(test.journal->figures().trouble.empty());
    auto found = test.read(1);
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[1].data, "after");
    EXPECT_GT((*found)[1].sequence, 1U);  // the refused ones left a gap
    const uint64_t sequence = (*found)[1].sequence;
    test.crash();
    test.open();
    found = test.read(1);
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ((*found)[1].sequence, sequence);
}

// A sync fails, and from then on the disk refuses everything.
void fail_at_everything(TestJournal& test) {
    test.disk.set_failures({.sync_failure = 1.0});
    const uint64_t before = test.disk.counts().writes;
    const auto pending = test.start({{1, "in doubt"}});
    ASSERT_TRUE(test.world.run_until([&] { return test.disk.counts().writes > before; }, 1s));
    test.disk.set_full(true);
    ASSERT_TRUE(test.world.run_until([&] { return pending->outcome.has_value(); }, 10s));
    ASSERT_FALSE(*pending->outcome);
    EXPECT_EQ(pending->outcome->error().code, Code::outcome_unknown);
    EXPECT_TRUE(pending->outcome->error().message.ends_with("whether it is stored is not known"));
    EXPECT_EQ(test.read(1)->size(), 1U);
    test.disk.set_failures({});
    test.disk.set_full(false);
}

TEST(Fault, a_disk_that_fails_at_everything_leaves_the_outcome_unknown) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(1, "before"));
    fail_at_everything(test);
    test.kill();
    test.open();
    const auto found = test.read(1);  // the system's memory still has it: as good as stored
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ(found->back().data, "in doubt");
    test.crash();
    test.open();
    EXPECT_EQ(*test.read(1), *found);
}

TEST(Fault, what_is_written_next_makes_an_unknown_outcome_void) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(1, "before"));
    fail_at_everything(test);
    test.settle(2s);
    ASSERT_TRUE(test.append(1, "after"));
    test.kill();
    test.open();
    const auto found = test.read(1);
    ASSERT_EQ(found->size(), 2U);
    EXPECT_EQ(found->back().data, "after");
}

TEST(Fault, a_full_disk_leaves_no_heap_of_half_made_files) {
    TestJournal test;
    test.open();
    ASSERT_TRUE(test.append(1, "before"));
    test.disk.set_full(true);
    for (int at = 0; at < 50; ++at) (void)test.append(1, std::string(3000, 'x'));
    test.disk.set_full(false);
    test.settle(2s);
    ASSERT_TRUE(test.append(1, "after"));
    test.settle();
    EXPECT_LT(test.files("journal").size(), 8U);
}

TEST(Fault, a_disk_full_while_chunks_are_due_refuses_and_goes_on_later) {
    TestJournal test;
    test.open();
    uint64_t written = 0;
    test.disk.set_full(true);
    for (int at = 0; at < 10; ++at) EXPECT_FALSE(test.append(1, std::string(10'000, 'x')));
    test.disk.set_full(false);
    test.settle(2s);
    for (int at = 0; at < 100; ++at)
        if (test.append(1, std::string(10'000, 'x'))) ++written;
    EXPECT_EQ(written, 100U);
    EXPECT_EQ(test.read(1)->size(), 100U);
}

// A disk on which the first entries of the chunks' directory do not come to rest.
class RestlessDirectory final : public DiskOver {
public:
    using DiskOver::DiskOver;

    Answer<> sync_directory(std::string directory) override {
        if (directory == "chunks" && failures-- > 0)
            co_return fail(Code::io_failed, "input/output error");
        co_return co_await good_.sync_directory(std::move(directory));
    }

    int failures = 0;  // to come
};

TEST(Fault, a_chunk_whose_name_did_not_come_to_rest_does_not_stay_beside_the_next) {
    TestJournal test;
    RestlessDirectory disk(test.disk);
    test.in_use = &disk;
    test.open();
    disk.failures = 3;
    for (int at = 0; at < 60; ++at)
        while (!test.append(1, std::string(10'000, 'x'))) test.settle(1s);
    test.settle();
    EXPECT_LE(disk.failures, 0);
    EXPECT_GT(test.journal->figures().chunks, 0U);
    EXPECT_EQ(test.files("chunks").size(), test.journal->figures().chunks);
    EXPECT_EQ(test.read(1)->size(), 60U);
}

TEST(Fault, what_a_failed_sync_refused_is_never_read) {
    for (uint64_t seed = 1; seed <= 60; ++seed) {
        TestJournal test(seed, {.sync_failure = 0.2});
        Result<> opened;
        do opened = test.try_open();
        while (!opened);
        std::vector<std::pair<std::string, std::shared_ptr<TestJournal::Pending>>> all;
        for (int round = 0; round < 3; ++round) {
            for (int at = 0; at < 12; ++at) {
                const std::string data = std::to_string(all.size()) + ":";
                all.emplace_back(data, test.start({{1, data + std::string(500, 'x')}}));
                test.world.run_for(300us);
            }
            test.settle(20ms);
            round == 1 ? test.crash() : test.kill();
            do opened = test.try_open();
            while (!opened);
            auto found = test.read(1);
            ASSERT_TRUE(found) << found.error().message;
            for (const auto& [data, pending] : all) {
                const auto there = std::ranges::count_if(
                    *found, [&](const Read& r) { return r.data.starts_with(data); });
                if (!pending->outcome) continue;
                const bool acknowledged = pending->outcome->has_value();
                EXPECT_EQ(there, acknowledged ? 1 : 0) << "seed " << seed << " record " << data;
            }
        }
    }
}

TEST(Fault, a_failed_batch_is_void_even_when_the_process_dies_right_after) {
    int failed = 0;
    for (uint64_t seed = 1; seed <= 200 && failed < 20; ++seed) {
        TestJournal test(seed, {.sync_failure = 0.1});
        if (!test.try_open()) continue;
        if (!test.append(1, "first")) continue;
        auto second = test.append(1, "second");
        if (second) continue;
        ++failed;
        test.kill();
        Result<> opened;
        do opened = test.try_open();
        while (!opened);
        EXPECT_EQ(test.read(1)->size(), 1U) << "seed " << seed;
    }
    EXPECT_GE(failed, 5);
}

// sim's lock never refuses; the refusal itself is the disk's, its code is passed on unchanged.
class Locked final : public env::Disk {
public:
    template <class T = void>
    using Answer = env::Task<Result<T>>;
    Answer<std::unique_ptr<env::File>> open(std::string, env::OpenMode) override {
        co_return fail(Code::internal, "");
    }
    Answer<> remove(std::string) override { co_return fail(Code::internal, ""); }
    Answer<> rename(std::string, std::string) override { co_return fail(Code::internal, ""); }
    Answer<> make_directory(std::string) override { co_return fail(Code::internal, ""); }
    Answer<std::vector<std::string>> list(std::string) override {
        co_return fail(Code::internal, "");
    }
    Answer<> sync_directory(std::string) override { co_return fail(Code::internal, ""); }
    Result<std::unique_ptr<env::DirectoryLock>> lock() override {
        return fail(Code::in_use, "in use by another");
    }
};

TEST(Fault, a_second_opener_is_refused_by_the_lock) {
    sim::World world(1);
    sim::Process& process = world.make_process();
    sim::Executor& home = process.make_executor();
    Locked disk;
    Code code{};
    const auto attempt = [](sim::World& in, env::Disk& on, sim::Executor& at,
                            Code& given) -> env::Task<void> {
        auto opened =
            co_await Journal::open({in.clock(), on, at, {&at, &at}, at, at, in.random()}, {});
        if (!opened) given = opened.error().code;
    };
    home.post([&] { env::spawn(attempt(world, disk, home, code)); });
    world.run_for(1s);
    EXPECT_EQ(code, Code::in_use);
}

TEST(Fault, a_drain_ends_when_what_waited_for_memory_is_refused) {
    const auto drain = [](Journal& journal, bool& drained) -> env::Task<void> {
        co_await journal.drain();
        drained = true;
    };
    for (uint64_t seed = 1; seed <= 20; ++seed) {
        TestJournal test(seed);
        test.open();
        test.disk.set_slowness(1000);
        // More than three quarters of the cache: what comes next waits until a chunk has it.
        const std::string half(100'000, 'x');
        ASSERT_TRUE(test.append({{1, half}, {1, half}}));
        const auto waiting = test.start({{1, "more"}});
        bool drained = false;
        test.post([&] { env::spawn(drain(*test.journal, drained)); });
        test.disk.set_full(true);
        ASSERT_TRUE(test.world.run_until([&] { return drained; }, 600s)) << "seed " << seed;
        EXPECT_TRUE(waiting->outcome);
    }
}

}  // namespace
}  // namespace fors::journal
