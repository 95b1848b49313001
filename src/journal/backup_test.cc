// SPDX-License-Identifier: Apache-2.0
// A backup made while all is in motion has exactly what was durable at its moment.
#include "journal/backup.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "journal/verify.h"
#include "test_journal.h"

namespace fors::journal {
namespace {

using Records = std::map<std::pair<uint32_t, uint64_t>, std::string>;

class SlowPace final : public Pace {
public:
    SlowPace(sim::World& world, env::Nanoseconds rest) : world_(world), rest_(rest) {}
    env::Task<bool> took(size_t) override {
        co_await sim::pause{world_, rest_};
        co_return !stopped;
    }
    bool stopped = false;

private:
    sim::World& world_;
    env::Nanoseconds rest_;
};

// A backup under way, and what was there when it began.
struct Running {
    Running(TestJournal& test, env::Disk& to, env::Nanoseconds rest) : pace(test.world, rest) {
        sim::Executor& apart = test.world.make_process().make_executor();
        test.post([this, &test, &to, &apart] { env::spawn(run(test, to, apart)); });
    }
    env::Task<void> run(TestJournal& test, env::Disk& to, env::Executor& apart) {
        for (const log::ShardId shard : test.journal->shards())
            bounds[shard.value] = test.journal->bounds(shard);
        outcome.emplace(
            co_await backup({*test.journal, test.disk, to, test.home(), apart}, 1000, pace));
    }
    SlowPace pace;
    std::map<uint32_t, log::Bounds> bounds;
    std::optional<Result<Manifest>> outcome;
};

Records all_records(TestJournal& test) {
    Records all;
    for (const log::ShardId shard : test.journal->shards()) {
        auto found = test.read(shard.value, 0);
        EXPECT_TRUE(found) << found.error().message;
        if (!found) continue;
        for (const Read& record : *found) all[{shard.value, record.sequence}] = record.data;
    }
    return all;
}

TEST(Backup, has_what_was_durable_at_its_moment) {
    uint64_t chunks_gone = 0, records_since = 0;
    for (uint64_t seed = 1; seed <= 40; ++seed) {
        TestJournal test(seed);
        sim::Disk to(test.world, {});
        sim::Disk again(test.world, {});
        test.open();
        sim::Random& random = test.world.random();
        uint32_t oldest = 1;
        uint64_t number = 0;
        Records written;  // all that was acknowledged, ever
        const auto append = [&] {
            const uint32_t shard = oldest + static_cast<uint32_t>(random.below(4));
            std::string text = std::to_string(++number) + std::string(random.below(4000), 'x');
            const uint64_t sequence = test.journal->bounds({shard}).next.value;
            ASSERT_TRUE(test.append(shard, text));
            written[{shard, sequence}] = std::move(text);
        };
        const auto trim = [&] {
            test.trim(oldest + 1, test.journal->bounds({oldest + 1}).next.value / 2);
            test.trim(oldest++, ~uint64_t{0});
        };
        for (uint64_t at = 0; at < 40 + seed * 5; ++at) {
            append();
            if (random.chance(0.02)) trim();
        }
        if (seed % 4 == 0) test.settle();
        const auto before = test.files("chunks");
        Running running(test, to,
                        env::Nanoseconds(static_cast<int64_t>(random.below(300'000'000))));
        while (!running.outcome) {
            append();
            ++records_since;
            if (random.chance(0.3)) trim();
            test.world.run_for(20ms);
        }
        ASSERT_TRUE(*running.outcome) << (*running.outcome).error().message;
        const Manifest manifest = **running.outcome;
        test.settle(3s);
        const auto after = test.files("chunks");
        chunks_gone += static_cast<uint64_t>(std::ranges::count_if(before, [&](const auto& path) {
            return std::ranges::find(after, path) == after.end();
        }));
        test.kill();

        FullSpeed pace;
        auto verified = test.run_apart<Result<Verified>>([&] { return verify(to, pace); });
        ASSERT_TRUE(verified) << verified.error().message;
        EXPECT_TRUE(verified->findings.empty()) << text_of(verified->findings[0]);
        auto restored =
            test.run_apart<Result<>>([&] { return restore(to, again, manifest, pace); });
        ASSERT_TRUE(restored) << restored.error().message;
        test.in_use = &again;
        test.open();
        EXPECT_TRUE(test.reports.empty()) << test.reports[0];
        Records expected;
        for (const auto& [place, text] : written) {
            const auto at = running.bounds.find(place.first);
            if (at != running.bounds.end() && place.second >= at->second.first.value &&
                place.second < at->second.next.value)
                expected[place] = text;
        }
        EXPECT_TRUE(all_records(test) == expected) << "seed " << seed;
        for (const auto& [shard, bounds] : running.bounds) {
            EXPECT_EQ(test.journal->bounds({shard}).first, bounds.first);
            EXPECT_EQ(test.journal->bounds({shard}).next, bounds.next);
        }
        EXPECT_TRUE(test.append(100, "goes on"));
        if (HasFailure()) return;
    }
    EXPECT_GT(chunks_gone, 20U);
    EXPECT_GT(records_since, 500U);
}

TEST(Backup, space_is_given_back_once_it_is_made) {
    TestJournal test;
    sim::Disk to(test.world, {});
    test.open();
    for (int at = 0; at < 200; ++at) ASSERT_TRUE(test.append(1, std::string(3000, 'a')));
    test.settle();
    const size_t chunks = test.files("chunks").size();
    ASSERT_GT(chunks, 3U);
    Running running(test, to, 1s);
    test.settle(10ms);
    test.trim(1, test.journal->bounds({1}).next.value);
    test.settle(2s);
    EXPECT_EQ(test.files("chunks").size(), chunks);
    test.world.run_until([&] { return running.outcome.has_value(); }, 600s);
    test.settle(3s);
    EXPECT_EQ(test.files("chunks").size(), 1U);
}

TEST(Backup, is_given_up_when_the_disk_is_in_trouble_or_somebody_says_stop) {
    TestJournal test;
    sim::Disk to(test.world, {});
    test.open();
    for (int at = 0; at < 200; ++at) ASSERT_TRUE(test.append(1, std::string(3000, 'a')));
    {
        Running running(test, to, 100ms);
        test.settle(50ms);
        test.disk.set_full(true);
        for (int at = 0; at < 3; ++at) (void)test.append(1, std::string(60'000, 'b'));
        test.disk.set_full(false);
        test.world.run_until([&] { return running.outcome.has_value(); }, 600s);
        ASSERT_FALSE(*running.outcome);
        EXPECT_EQ(running.outcome->error().code, Code::unavailable);
    }
    test.settle();
    sim::Disk second(test.world, {});
    Running running(test, second, 100ms);
    test.settle(50ms);
    running.pace.stopped = true;
    test.world.run_until([&] { return running.outcome.has_value(); }, 600s);
    ASSERT_FALSE(*running.outcome);
    // And the next one is made.
    sim::Disk third(test.world, {});
    Running last(test, third, 1ms);
    test.world.run_until([&] { return last.outcome.has_value(); }, 600s);
    EXPECT_TRUE(*last.outcome);
}

TEST(Backup, of_an_empty_journal_is_one) {
    TestJournal test;
    sim::Disk to(test.world, {});
    test.open();
    Running running(test, to, 1ms);
    test.world.run_until([&] { return running.outcome.has_value(); }, 600s);
    ASSERT_TRUE(*running.outcome);
    EXPECT_EQ((*running.outcome)->files.size(), 1U);
    test.kill();
    test.in_use = &to;
    test.open();
    EXPECT_TRUE(test.journal->shards().empty());
    EXPECT_TRUE(test.append(1, "first"));
}

TEST(Backup, a_changed_or_missing_file_is_noticed) {
    TestJournal test;
    sim::Disk to(test.world, {});
    test.open();
    for (int at = 0; at < 100; ++at) ASSERT_TRUE(test.append(1, std::string(3000, 'a')));
    test.settle();
    Running running(test, to, 1ms);
    test.world.run_until([&] { return running.outcome.has_value(); }, 600s);
    const Manifest manifest = **running.outcome;
    ASSERT_GT(manifest.files.size(), 1U);
    FullSpeed pace;
    for (const Manifest::File& file : manifest.files) {
        to.flip_bit(file.path, 8 * 5000 + 3);
        sim::Disk again(test.world, {});
        auto restored =
            test.run_apart<Result<>>([&] { return restore(to, again, manifest, pace); });
        ASSERT_FALSE(restored);
        EXPECT_EQ(restored.error().code, Code::corrupt);
        EXPECT_TRUE(restored.error().message.starts_with(file.path));
        to.flip_bit(file.path, 8 * 5000 + 3);
    }
    const auto remove = [](sim::Disk& disk, std::string path) -> env::Task<Result<>> {
        co_return co_await disk.remove(path);
    };
    ASSERT_TRUE(test.run_apart<Result<>>([&] { return remove(to, manifest.files[0].path); }));
    sim::Disk again(test.world, {});
    auto restored = test.run_apart<Result<>>([&] { return restore(to, again, manifest, pace); });
    ASSERT_FALSE(restored);
    EXPECT_EQ(restored.error().code, Code::corrupt);
    EXPECT_EQ(restored.error().message, manifest.files[0].path + " is missing");
}

TEST(Manifest, is_read_as_it_was_written_and_no_byte_of_it_may_change) {
    Manifest manifest;
    manifest.made_ms = 1'764'158'400'000;
    manifest.beside = {"root.key", 45, 0x0BADCAFE};
    manifest.files = {{"chunks/0000000000000001.chunk", 4096, 0x1234ABCD},
                      {"chunks/00000000000000ff.chunk", 1ULL << 40, 7}};
    const std::string text = manifest.text();
    auto parsed = Manifest::parse(text);
    ASSERT_TRUE(parsed) << parsed.error().message;
    EXPECT_EQ(parsed->made_ms, manifest.made_ms);
    ASSERT_TRUE(parsed->beside);
    EXPECT_EQ(parsed->beside->path, "root.key");
    EXPECT_EQ(parsed->beside->bytes, 45U);
    EXPECT_EQ(parsed->beside->crc32c, 0x0BADCAFEU);
    EXPECT_EQ(parsed->text(), text);
    for (size_t at = 0; at < text.size(); ++at) {
        std::string changed = text;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        EXPECT_FALSE(Manifest::parse(changed)) << at;
        EXPECT_FALSE(Manifest::parse(text.substr(0, at))) << at;
    }
    manifest.files = {{"chunks/../../etc/passwd.chunk", 1, 1}};
    EXPECT_FALSE(Manifest::parse(manifest.text()));
}

}  // namespace
}  // namespace fors::journal
