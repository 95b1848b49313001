// SPDX-License-Identifier: Apache-2.0
// Points in the log, on one that fails.
#include "metrics/history.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "env/task.h"

namespace fors::metrics {
namespace {

// A log of one shard; an append ends when the test says so, well or badly.
class SlowLog final : public log::Log {
public:
    struct Pending {
        std::string data;
        env::Completion<bool> done;
    };

    env::Task<Result<>> append(std::span<log::Append> entries) override {
        Pending mine{.data = std::string(as_text(entries[0].data)), .done = {}};
        pending.push_back(&mine);
        if (!co_await mine.done) co_return fail(Code::io_failed, "no");
        stored.push_back(mine.data);
        co_return Result<>{};
    }
    env::Task<Result<log::Batch>> read(log::ShardId, log::Sequence from, log::ReadLimits) override {
        log::Batch batch{.records = {}, .next = {stored.size()}, .buffers = {}};
        for (uint64_t at = from.value; at < stored.size(); ++at)
            batch.records.push_back({.sequence = {at},
                                     .arrival_ms = 0,
                                     .key = {},
                                     .data = as_bytes(stored[at]),
                                     .flags = 0});
        co_return batch;
    }
    env::Task<Result<log::Sequence>> find(log::ShardId, int64_t) override {
        co_return log::Sequence{0};
    }
    log::Bounds bounds(log::ShardId) const override {
        return {.first = {0}, .next = {stored.size()}};
    }
    void trim(log::ShardId, log::Sequence) override {}
    std::vector<log::ShardId> shards() const override { return {log::metrics_shard}; }
    bool whole(log::ShardId) const override { return true; }
    void notify(log::ShardId, log::Sequence, env::Callback) override {}

    std::vector<Pending*> pending;  // all that ever were
    std::vector<std::string> stored;
};

core::MetricKey key(std::string name) {
    return {.account = "a",
            .region = "r",
            .space = "s",
            .name = std::move(name),
            .dimensions = {},
            .unit = "Count"};
}

env::Task<void> put(History& history, const core::MetricKey& of, double value, bool& well) {
    core::MetricPoint point{.minute = 1, .statistics = {}};
    point.statistics.add(value, 1);
    std::vector<SeriesPoint> points{{&of, point}};
    auto done = co_await history.append(std::move(points), 60'000);
    well = done.has_value();
}

env::Task<void> sum(History& history, std::map<std::string, double>& sums) {
    auto scanned = co_await history.scan(0, [&](const auto& of, const core::MetricPoint& point) {
        sums[of.name] += point.statistics.sum;
    });
    EXPECT_TRUE(scanned);
}

// The second point is on its way when the record that describes its metric turns out to be lost.
TEST(History, a_point_is_not_named_by_a_number_whose_description_was_lost) {
    SlowLog log;
    History history(log);
    const auto one = key("one"), other = key("other");
    bool first = false, second = false, third = false;
    env::spawn(put(history, one, 1, first));
    env::spawn(put(history, one, 2, second));
    ASSERT_EQ(log.pending.size(), 2u);
    log.pending[0]->done.set(false);
    env::spawn(put(history, other, 10, third));
    log.pending[1]->done.set(true);
    log.pending[2]->done.set(true);
    EXPECT_FALSE(first);
    EXPECT_TRUE(second && third);
    std::map<std::string, double> sums;
    env::spawn(sum(history, sums));
    EXPECT_EQ(sums, (std::map<std::string, double>{{"one", 2}, {"other", 10}}));
}

TEST(History, a_name_is_written_once_an_hour_when_all_goes_well) {
    SlowLog log;
    History history(log);
    const auto one = key(std::string(500, 'n'));
    bool well = false;
    for (size_t at = 0; at < 3; ++at) {
        env::spawn(put(history, one, 1, well));
        log.pending[at]->done.set(true);
        EXPECT_TRUE(well);
    }
    EXPECT_GT(log.stored.at(0).size(), 500u);
    EXPECT_LT(log.stored.at(1).size(), 200u);
    EXPECT_LT(log.stored.at(2).size(), 200u);
}

}  // namespace
}  // namespace fors::metrics
