// SPDX-License-Identifier: Apache-2.0
// The control log: what a later version wrote is refused, and what an earlier one wrote is read.
#include "core/control_log.h"

#include <gtest/gtest.h>

#include "journal/test_home.h"

namespace fors::core {
namespace {

constexpr log::ShardId shard{0};

// Its state is all that it was told, one word after another.
class Words final : public Fold {
public:
    explicit Words(uint8_t version) : version_(version) {}
    std::string_view name() const override { return "words"; }
    uint8_t version() const override { return version_; }
    Result<> apply(std::string_view command) override {
        text.append(command).append(" ");
        return {};
    }
    std::string snapshot() const override { return text + std::string(padding, ' '); }
    Result<> restore(std::string_view snapshot) override {
        text = snapshot;
        return {};
    }
    std::string text;
    size_t padding = 0;  // of snapshots

private:
    uint8_t version_;
};

Result<> write(journal::TestHome& home, uint8_t version, std::vector<std::string> commands,
               uint32_t snapshot_every) {
    Words fold(version);
    ControlLog log(home.log(), shard, fold, snapshot_every);
    auto done = home.run<Result<>>([&] { return log.open(); });
    for (const std::string& command : commands)
        if (done) done = home.run<Result<>>([&] { return log.submit(command); });
    return done;
}

Result<std::string> read(journal::TestHome& home, uint8_t version) {
    Words fold(version);
    ControlLog log(home.log(), shard, fold);
    auto opened = home.run<Result<>>([&] { return log.open(); });
    if (!opened) return std::unexpected(opened.error());
    return fold.text;
}

TEST(ControlLog, reads_what_it_and_earlier_versions_wrote) {
    journal::TestHome home;
    ASSERT_TRUE(write(home, 1, {"one", "two", "three"}, 2));
    ASSERT_TRUE(write(home, 2, {"four", "five"}, 1000));
    EXPECT_EQ(*read(home, 2), "one two three four five ");
    EXPECT_EQ(*read(home, 3), "one two three four five ");
}

TEST(ControlLog, refuses_commands_and_snapshots_of_a_later_version_by_name) {
    journal::TestHome commands;
    ASSERT_TRUE(write(commands, 1, {"one", "two"}, 1000));
    EXPECT_EQ(*read(commands, 1), "one two ");
    ASSERT_TRUE(write(commands, 3, {"three"}, 1000));
    auto refused = read(commands, 2);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::not_implemented);
    EXPECT_EQ(refused.error().message,
              "the control log of words (log shard 0) has a command of format version 3 at 2, and "
              "this fors knows version 2: it was written by another fors, which can read it");

    journal::TestHome snapshots;
    ASSERT_TRUE(write(snapshots, 2, {"one", "two"}, 2));
    refused = read(snapshots, 1);
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().message.contains("has a snapshot of format version 2"))
        << refused.error().message;
    EXPECT_EQ(*read(snapshots, 2), "one two ");
}

TEST(ControlLog, goes_on_without_snapshots_that_can_not_be_written) {
    journal::TestHome home;
    Words fold(1);
    fold.padding = log::record_bytes_max + 1;
    ControlLog log(home.log(), shard, fold, 2);
    ASSERT_TRUE(home.run<Result<>>([&] { return log.open(); }));
    for (const char* command : {"one", "two", "three", "four", "five"})
        ASSERT_TRUE(home.run<Result<>>([&] { return log.submit(command); }));
    EXPECT_EQ(log.snapshot_failures(), 2u);
    EXPECT_EQ(*read(home, 1), "one two three four five ");
}

TEST(ControlLog, refuses_a_kind_of_record_that_it_does_not_know) {
    journal::TestHome home;
    ASSERT_TRUE(write(home, 1, {"one"}, 1000));
    log::Append strange{.shard = shard, .key = {}, .data = as_bytes("?"), .flags = 2};
    ASSERT_TRUE(home.run<Result<>>([&] { return home.log().append(std::span(&strange, 1)); }));
    EXPECT_EQ(read(home, 1).error().code, Code::not_implemented);
}

}  // namespace
}  // namespace fors::core
