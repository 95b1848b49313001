// SPDX-License-Identifier: Apache-2.0
// The journal against a model that is nothing but maps: random appends, reads, trims, crashes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>

#include "test_journal.h"

namespace fors::journal {
namespace {

constexpr uint32_t shards = 5;

class Model {
public:
    explicit Model(uint64_t seed)
        : test_(seed, {.sync_failure = seed % 3 == 0 ? 0.02 : 0.0}), random_(seed * 77) {}

    void run(int steps) {
        reopen();
        for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) act();
        test_.settle();
        settle_pending();
        for (uint32_t shard = 0; shard < shards; ++shard) check(shard);
        EXPECT_TRUE(test_.journal->figures().damages == 0);
    }

private:
    struct Shard {
        std::map<uint64_t, std::string> acknowledged;
        std::map<uint64_t, std::string> unknown;  // under way when the machine died
        uint64_t first = 0;
    };

    void act() {
        const uint64_t dice = random_.below(100);
        const auto shard = static_cast<uint32_t>(random_.below(shards));
        if (dice < 60) {
            std::vector<std::pair<uint32_t, std::string>> records;
            for (uint64_t at = 0; at <= random_.below(6); ++at)
                records.emplace_back(
                    static_cast<uint32_t>(random_.below(shards)),
                    std::to_string(++made_) + ":" + std::string(random_.below(2500), 'x'));
            pending_.push_back({records, test_.start(records)});
        } else if (dice < 80) {
            test_.world.run_for(env::Nanoseconds(static_cast<int64_t>(random_.below(2'000'000))));
        } else if (dice < 92) {
            settle_pending();
            check(shard);
        } else if (dice < 97) {
            settle_pending();
            const log::Bounds bounds = test_.journal->bounds({shard});
            const uint64_t span = bounds.next.value - bounds.first.value;
            trim(shard, bounds.first.value + random_.below(span + 1));
        } else {
            test_.world.run_for(env::Nanoseconds(static_cast<int64_t>(random_.below(500'000))));
            dice == 97 ? test_.kill() : test_.crash();
            reopen();
        }
    }

    void trim(uint32_t shard, uint64_t before) {
        test_.trim(shard, before);
        // Noted durably before anything can bring it back.
        test_.settle(5s);
        settle_pending();
        Shard& model = model_[shard];
        model.first = std::max(model.first, before);
        std::erase_if(model.acknowledged, [&](auto& each) { return each.first < before; });
        std::erase_if(model.unknown, [&](auto& each) { return each.first < before; });
    }

    // What became of the appends: acknowledged, refused, or (when the machine died) nobody knows.
    void settle_pending(bool died = false) {
        std::erase_if(pending_, [&](Sent& sent) {
            if (!sent.pending->outcome && !died) return false;
            for (size_t at = 0; at < sent.records.size(); ++at) {
                const log::Append& entry = sent.pending->entries[at];
                Shard& model = model_[entry.shard.value];
                if (sent.pending->outcome && *sent.pending->outcome) {
                    EXPECT_FALSE(model.acknowledged.contains(entry.sequence.value))
                        << "a sequence is given twice";
                    model.acknowledged[entry.sequence.value] = sent.records[at].second;
                } else if (!sent.pending->outcome) {
                    model.unknown[entry.sequence.value] = sent.records[at].second;
                }
            }
            return true;
        });
    }

    void reopen() {
        if (!pending_.empty()) settle_pending(true);
        Result<> opened;
        do opened = test_.try_open();
        while (!opened);
        // The unknown are decided now: there, or never.
        for (uint32_t shard = 0; shard < shards; ++shard) {
            auto found = test_.read(shard);
            ASSERT_TRUE(found) << found.error().message;
            Shard& model = model_[shard];
            for (const Read& record : *found) {
                const auto at = model.unknown.find(record.sequence);
                if (at == model.unknown.end()) continue;
                if (model.acknowledged.contains(record.sequence)) continue;
                EXPECT_EQ(at->second, record.data);
                model.acknowledged[record.sequence] = record.data;
            }
            model.unknown.clear();
            check(shard);
        }
    }

    void check(uint32_t shard) {
        auto found = test_.read(shard, 0, static_cast<uint32_t>(1 + random_.below(50)));
        ASSERT_TRUE(found) << found.error().message;
        settle_pending();
        std::map<uint64_t, std::string> seen;
        uint64_t last = 0;
        for (const Read& record : *found) {
            EXPECT_TRUE(seen.empty() || record.sequence > last) << "out of order";
            last = record.sequence;
            seen[record.sequence] = record.data;
        }
        // Records acknowledged after the read began may be missing from it.
        for (const auto& [sequence, data] : model_[shard].acknowledged) {
            if (!seen.empty() && sequence > last) continue;
            if (seen.empty()) continue;
            EXPECT_EQ(seen[sequence], data) << "shard " << shard << " sequence " << sequence;
        }
        for (const auto& [sequence, data] : seen)
            EXPECT_TRUE(model_[shard].acknowledged.contains(sequence))
                << "shard " << shard << " sequence " << sequence << " was never acknowledged";
        // Whatever is readable now must be all there is.
        if (pending_.empty()) EXPECT_EQ(seen.size(), model_[shard].acknowledged.size());
    }

    struct Sent {
        std::vector<std::pair<uint32_t, std::string>> records;
        std::shared_ptr<TestJournal::Pending> pending;
    };
    TestJournal test_;
    sim::Random random_;
    std::map<uint32_t, Shard> model_;
    std::vector<Sent> pending_;
    uint64_t made_ = 0;
};

TEST(Model, agrees_over_random_histories) {
    const char* seeds_text = std::getenv("FORS_JOURNAL_SEEDS");
    const uint64_t seeds = seeds_text ? std::strtoull(seeds_text, nullptr, 10) : 250;
    for (uint64_t seed = 1; seed <= seeds && !HasFailure(); ++seed) {
        SCOPED_TRACE("seed " + std::to_string(seed));
        Model(seed).run(400);
    }
}

}  // namespace
}  // namespace fors::journal
