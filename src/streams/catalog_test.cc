// SPDX-License-Identifier: Apache-2.0
#include "streams/catalog.h"

#include <gtest/gtest.h>

#include "streams/catalog_format.h"
#include "wire/wire.h"

namespace fors::streams {
namespace {

constexpr std::string_view document =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},)"
    R"("Action":"kinesis:PutRecord","Resource":"*"}})";

auth::Verdict of_guest(const std::optional<auth::ResourcePolicy>& policy) {
    return policy->judge({{"222222222222", "arn:aws:iam::222222222222:root"},
                          "kinesis:PutRecord",
                          "arn:aws:kinesis:us-east-1:111111111111:stream/s",
                          {}});
}

class Catalogs : public testing::Test {
protected:
    Catalogs() {
        apply(create_command({.account = "111111111111",
                              .region = "us-east-1",
                              .name = "s",
                              .created_ms = 1'700'000'000'000,
                              .shard_count = 2,
                              .max_record_kib = 1024,
                              .tags = {{"a", "b"}}}));
    }

    void apply(const std::string& command) { ASSERT_TRUE(catalog.apply(command)); }
    const Stream& stream() const { return *catalog.find(1); }

    Catalog catalog;
};

TEST_F(Catalogs, a_snapshot_holds_everything) {
    const int64_t now_ms = 1'700'000'001'000;
    apply(identity_command(core::SealKey{}));
    apply(commitment_command("111111111111", "us-east-1", true, now_ms));
    apply(retention_command(1, 48));
    apply(register_command(1, "c", {{"k", "v"}}, now_ms));
    apply(tag_command(1, "c", {{"x", "y"}}));
    apply(policy_command(1, "", document));
    apply(policy_command(1, "c", document));
    apply(split_command(1, 0, {1, 0}, now_ms));
    apply(settled_command(1));
    apply(encrypt_command(1, "alias/k", "wrapped", now_ms, now_ms));
    apply(settled_command(1));
    apply(data_key_command(1, "wrapped again", now_ms, now_ms));
    apply(mode_command(1, true, 10, now_ms));
    apply(demand_command(1, 7, now_ms));
    const std::string image = catalog.snapshot();
    Catalog other;
    ASSERT_TRUE(other.restore(image));
    EXPECT_EQ(other.snapshot(), image);
    const Stream& restored = *other.find("111111111111", "us-east-1", "s");
    EXPECT_EQ(restored.shards.size(), 4u);
    EXPECT_EQ(restored.open, stream().open);
    EXPECT_EQ(restored.encryption_key, "alias/k");
    EXPECT_EQ(restored.data_keys.size(), 2u);
    EXPECT_EQ(of_guest(restored.policy), auth::Verdict::allowed);
    EXPECT_EQ(of_guest(restored.consumers.at("c").policy), auth::Verdict::allowed);
    EXPECT_EQ(restored.consumers.at("c").tags.size(), 2u);
}

TEST_F(Catalogs, any_number_of_shards_and_streams_is_restored) {
    apply(create_command({.account = "111111111111",
                          .region = "us-east-1",
                          .name = "wide",
                          .created_ms = 1,
                          .shard_count = 100'001}));
    for (int at = 0; at < 100'001; ++at)
        apply(create_command({.account = "111111111111",
                              .region = "us-east-1",
                              .name = std::to_string(at),
                              .created_ms = 1,
                              .shard_count = 1}));
    const std::string image = catalog.snapshot();
    Catalog other;
    ASSERT_TRUE(other.restore(image));
    EXPECT_EQ(other.find(2)->shards.size(), 100'001u);
    EXPECT_EQ(other.all().size(), catalog.all().size());
    EXPECT_EQ(other.snapshot(), image);
}

TEST_F(Catalogs, a_policy_comes_and_goes) {
    EXPECT_FALSE(stream().policy);
    apply(policy_command(1, "", document));
    EXPECT_EQ(stream().policy->document(), document);
    apply(policy_command(1, "", std::nullopt));
    EXPECT_FALSE(stream().policy);
    EXPECT_EQ(catalog.apply(policy_command(1, "nobody", document)).error().code, Code::not_found);
}

TEST_F(Catalogs, a_policy_that_can_not_be_read_lets_nobody_in) {
    apply(policy_command(1, "", "of a later version"));
    EXPECT_EQ(of_guest(stream().policy), auth::Verdict::denied);
}

TEST_F(Catalogs, a_data_key_is_kept_as_long_as_what_it_sealed) {
    constexpr int64_t began_ms = 1'700'000'000'000;
    const auto numbers = [&] {
        std::vector<uint32_t> found;
        for (const WrappedKey& key : stream().data_keys) found.push_back(key.number);
        return found;
    };
    apply(retention_command(1, 48));
    apply(encrypt_command(1, "k", "wrapped", began_ms, began_ms));
    for (int day = 1; day < 4; ++day)
        apply(data_key_command(1, "wrapped", began_ms + day * day_ms, began_ms + day * day_ms));
    EXPECT_EQ(numbers(), (std::vector<uint32_t>{1, 2, 3, 4}));
    // The second took over on the first day: what the first sealed was kept for two days more, and
    // may lie on the disk for some seconds then.
    const int64_t later_ms = began_ms + 4 * day_ms + 1;
    apply(data_key_command(1, "wrapped", later_ms, later_ms));
    EXPECT_EQ(numbers(), (std::vector<uint32_t>{2, 3, 4, 5}));
    // A clock that is wrong for a moment takes none away.
    apply(data_key_command(1, "wrapped", later_ms + 700 * day_ms, later_ms));
    EXPECT_EQ(numbers(), (std::vector<uint32_t>{2, 3, 4, 5, 6}));
    apply(settled_command(1));
    apply(decrypt_command(1, began_ms + 5 * day_ms));
    EXPECT_FALSE(stream().encryption_key);
    EXPECT_EQ(numbers(), (std::vector<uint32_t>{2, 3, 4, 5, 6}));
}

TEST_F(Catalogs, a_consumer_is_not_removed_in_place_of_the_one_before) {
    apply(register_command(1, "c", {}, 1));
    apply(deregister_command(1, "c", 2));
    apply(remove_consumer_command(1, "c"));
    EXPECT_TRUE(stream().consumers.empty());
    apply(register_command(1, "c", {}, 3));
    apply(remove_consumer_command(1, "c"));  // asked for twice
    EXPECT_TRUE(stream().consumers.contains("c"));
}

TEST_F(Catalogs, no_shard_closes_before_it_opened) {
    constexpr int64_t noon_ms = 1'700'000'000'000 + 12 * 3'600'000;
    constexpr int64_t eleven_ms = noon_ms - 3'600'000;  // the clock was set back to it
    apply(split_command(1, 0, {1, 0}, noon_ms));
    apply(settled_command(1));
    apply(split_command(1, 2, {0, 1000}, eleven_ms));
    apply(settled_command(1));
    const Shard& parent = stream().shards[2];
    EXPECT_EQ(parent.opened_ms, noon_ms);
    EXPECT_GE(*parent.closed_ms, parent.opened_ms);
    for (const uint32_t open : stream().open)
        if (open > 1) EXPECT_GE(stream().shards[open].opened_ms, noon_ms);
    // Sequence numbers follow the command, as they always did.
    apply(split_command(1, 1, {0xC000'0000'0000'0000, 0}, eleven_ms));
    EXPECT_EQ(stream().shards[7].created_s, eleven_ms / 1000);
}

TEST_F(Catalogs, closed_shards_are_forgotten_and_their_indexes_not_given_again) {
    apply(split_command(1, 0, {1, 0}, 1'700'000'000'000));
    apply(settled_command(1));
    const log::ShardId parent = stream().shards[0].log_id;
    apply(forget_command(1, {0, 1, 2, 9}));  // all but the first are open, or not there
    EXPECT_EQ(stream().shards.size(), 3u);
    EXPECT_FALSE(stream().shards.find(0));
    EXPECT_FALSE(catalog.knows(parent));
    EXPECT_TRUE(catalog.knows(stream().shards[2].log_id));
    const std::string image = catalog.snapshot();
    Catalog other;
    ASSERT_TRUE(other.restore(image));
    EXPECT_EQ(other.snapshot(), image);
    for (Catalog* each : {&catalog, &other}) {
        ASSERT_TRUE(each->apply(merge_command(1, 2, 3, 1'700'000'001'000)));
        const Stream& same = *each->find(1);
        EXPECT_EQ(same.shards.next_index(), 5u);
        EXPECT_EQ(same.forgotten_ms, 1'700'000'000'000);
        EXPECT_EQ(same.open, (std::vector<uint32_t>{4, 1}));
        EXPECT_EQ(each->apply(split_command(1, 0, {1, 0}, 1)).error().code, Code::in_use);
        ASSERT_TRUE(each->apply(settled_command(1)));
        EXPECT_EQ(each->apply(split_command(1, 0, {1, 0}, 1)).error().code, Code::not_found);
    }
}

TEST_F(Catalogs, a_snapshot_whose_shards_are_not_in_order_is_refused) {
    stored::Snapshot image;
    image.streams.push_back({.name = "s", .shards = {{.index = 1}, {.index = 1}}});
    const auto restored = [&] {
        std::string text;
        wire::encode(wire::Format::cbor, wire::table_of<stored::Snapshot>, &image, text);
        return Catalog().restore(text);
    };
    EXPECT_EQ(restored().error().code, Code::corrupt);
    image.streams[0].shards[0].index = -1;
    EXPECT_EQ(restored().error().code, Code::corrupt);
    image.streams[0].shards[0].index = 0;
    EXPECT_TRUE(restored());
}

TEST_F(Catalogs, what_other_services_know_is_not_given_to_a_stream) {
    const auto restored = [&](int64_t left) {
        stored::Snapshot image;
        image.streams.push_back({.name = "s",
                                 .generation = 1,
                                 .shards = {{.index = 0,
                                             .log_id = 1,
                                             .last_high = static_cast<int64_t>(~uint64_t{0}),
                                             .last_low = static_cast<int64_t>(~uint64_t{0})}}});
        image.next_generation = 2;
        image.next_log_shard = log::shards_reserved.value - left;
        std::string text;
        wire::encode(wire::Format::cbor, wire::table_of<stored::Snapshot>, &image, text);
        ASSERT_TRUE(catalog.restore(text));
    };
    const std::string create = create_command({.name = "t", .shard_count = 3});
    const std::string split = split_command(1, 0, {1, 0}, 1);
    const std::string resize = resize_command(1, 4, 1);
    for (const auto& [command, wanted] :
         {std::pair(create, 3), std::pair(split, 2), std::pair(resize, 9)}) {
        restored(wanted - 1);
        const std::string before = catalog.snapshot();
        const auto refused = catalog.apply(command);
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Code::limit_exceeded);
        EXPECT_EQ(catalog.snapshot(), before);
        restored(wanted);
        EXPECT_TRUE(catalog.apply(command));
        for (const Stream* stream : catalog.all())
            for (const Shard& shard : stream->shards) EXPECT_FALSE(log::is_reserved(shard.log_id));
    }
}

TEST_F(Catalogs, metrics_are_named_one_by_one_and_all_at_once_by_version_1) {
    apply(monitoring_command(1, 0b011, true));
    apply(monitoring_command(1, 0b110, true));
    apply(monitoring_command(1, 0b010, false));
    EXPECT_EQ(stream().monitored, 0b101u);
    const stored::Command first{.stream = 1, .monitored = 0b010};
    std::string text;
    wire::encode(wire::Format::cbor, wire::table_of<stored::Command>, &first, text);
    apply(text);
    EXPECT_EQ(stream().monitored, 0b010u);
}

}  // namespace
}  // namespace fors::streams
