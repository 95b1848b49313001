// SPDX-License-Identifier: Apache-2.0
// What takes months, and what happens to the root key: in virtual time, on a disk in memory.
#include "kms/kms.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "journal/test_home.h"
#include "kms/root_key.h"

namespace fors::kms {
namespace {

using namespace std::chrono_literals;

core::AesKey root_of(char filling) {
    core::AesKey key{};
    key.fill(static_cast<std::byte>(filling));
    return key;
}

class KmsTest : public testing::Test, protected journal::TestHome {
protected:
    KmsTest() { EXPECT_TRUE(begin(root_of('r'))); }
    ~KmsTest() override { end(); }

    Result<> begin(const core::AesKey& root) {
        kms_ = std::make_unique<Kms>(env(), log());
        FORS_ASSERT(run<Result<>>([&] { return kms_->open(); }));
        return run<Result<>>([&] { return kms_->unseal(root); });
    }
    void end() {
        kms_->stop();
        close_log();
        kms_.reset();
    }
    Result<> restart(const core::AesKey& root) {
        end();
        open_log();
        return begin(root);
    }

    template <auto operation, class In>
    auto answer(std::string_view name, const In& in) {
        using Out =
            decltype((kms_.get()->*operation)(std::declval<core::Context&>(), in).await_resume());
        context_.now_ms = world.clock().wall_ms();
        context_.operation = name;
        return run<Out>([&] { return (kms_.get()->*operation)(context_, in); });
    }

    std::string make_key() {
        const auto made = answer<&Kms::create_key>("CreateKey", CreateKey{});
        return std::string(made->metadata.key_id);
    }
    core::KeyUse use() {
        return {.caller = caller_,
                .now_ms = world.clock().wall_ms(),
                .service = "kinesis",
                .resource = "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
                .account = caller_.account,
                .region = caller_.region};
    }

    std::unique_ptr<Kms> kms_;
    auth::Caller caller_{.account = "000000000000", .region = "us-east-1"};
    Arena arena_;
    core::Context context_{.arena = arena_, .caller = caller_, .now_ms = 0};
};

TEST_F(KmsTest, AnotherRootKeyIsRefused) {
    const auto refused = restart(root_of('x'));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message,
              "the root key is not the one that this data was sealed with");
    EXPECT_TRUE(restart(root_of('r')));
}

TEST_F(KmsTest, ADataKeyOutlivesRotationsAndRestarts) {
    const std::string id = make_key();
    const auto made = kms_->generate(use(), id);
    ASSERT_TRUE(made);
    EXPECT_TRUE(*kms_->is_current(use(), id, made->wrapped));
    ASSERT_TRUE(answer<&Kms::rotate_key>("RotateKeyOnDemand", RotateKeyOnDemand{{id}}));
    EXPECT_FALSE(*kms_->is_current(use(), id, made->wrapped));
    ASSERT_TRUE(restart(root_of('r')));
    EXPECT_EQ(*kms_->unwrap(use(), made->wrapped), made->key);
    auto elsewhere = use();
    elsewhere.resource = "arn:aws:kinesis:us-east-1:000000000000:stream/bills";
    EXPECT_EQ(kms_->unwrap(elsewhere, made->wrapped).error().code, Code::corrupt);
}

TEST_F(KmsTest, ADisabledKeyGivesNothingToServices) {
    const std::string id = make_key();
    const auto made = kms_->generate(use(), id);
    ASSERT_TRUE(answer<&Kms::disable_key>("DisableKey", DisableKey{{id}}));
    EXPECT_EQ(kms_->generate(use(), id).error().code, Code::key_disabled);
    EXPECT_EQ(kms_->may_unwrap(use(), made->wrapped).error().code, Code::key_disabled);
    EXPECT_EQ(kms_->unwrap(use(), made->wrapped).error().code, Code::key_disabled);
    ASSERT_TRUE(
        answer<&Kms::schedule_deletion>("ScheduleKeyDeletion", ScheduleKeyDeletion{{id}, 7}));
    EXPECT_EQ(kms_->unwrap(use(), made->wrapped).error().code, Code::key_state);
}

TEST_F(KmsTest, AClockThatIsAheadForAMomentRemovesNoKey) {
    const std::string id = make_key();
    ASSERT_TRUE(
        answer<&Kms::schedule_deletion>("ScheduleKeyDeletion", ScheduleKeyDeletion{{id}, 7}));
    world.clock().jump(std::chrono::hours(24 * 30));
    world.run_for(std::chrono::minutes(40));
    world.clock().jump(-std::chrono::hours(24 * 30));
    world.run_for(std::chrono::minutes(40));
    DescribeKey describe;
    describe.key_id = id;
    EXPECT_TRUE(answer<&Kms::describe_key>("DescribeKey", describe));
    world.run_for(std::chrono::hours(24 * 7));
    EXPECT_FALSE(answer<&Kms::describe_key>("DescribeKey", describe));
}

TEST_F(KmsTest, TheServicesOwnKeyComesWhenItIsPrepared) {
    EXPECT_EQ(kms_->generate(use(), "alias/aws/kinesis").error().code, Code::key_not_found);
    const auto prepare = [&] { return kms_->prepare(use(), "alias/aws/kinesis"); };
    ASSERT_TRUE(run<Result<>>(prepare));
    ASSERT_TRUE(run<Result<>>(prepare));
    EXPECT_TRUE(kms_->generate(use(), "alias/aws/kinesis"));
    const auto keys = answer<&Kms::list_keys>("ListKeys", ListKeys{});
    EXPECT_EQ(keys->keys.size(), 1U);
}

TEST_F(KmsTest, AKeyGoesWhenItsTimeIsOver) {
    const std::string id = make_key();
    ASSERT_TRUE(answer<&Kms::create_alias>("CreateAlias", CreateAlias{{"alias/gone", id}}));
    const auto made = kms_->generate(use(), id);
    ASSERT_TRUE(
        answer<&Kms::schedule_deletion>("ScheduleKeyDeletion", ScheduleKeyDeletion{{id}, 7}));
    world.run_for(7 * 24h - 1min);
    EXPECT_TRUE(answer<&Kms::describe_key>("DescribeKey", DescribeKey{{id}, {}}));
    world.run_for(1min);
    EXPECT_FALSE(answer<&Kms::describe_key>("DescribeKey", DescribeKey{{id}, {}}));
    world.run_for(2min);
    const auto aliases = answer<&Kms::list_aliases>("ListAliases", ListAliases{});
    ASSERT_EQ(aliases->aliases.size(), 1U);
    EXPECT_EQ(aliases->aliases[0].name, "alias/aws/kinesis");
    EXPECT_EQ(kms_->unwrap(use(), made->wrapped).error().code, Code::key_not_found);
    ASSERT_TRUE(restart(root_of('r')));
    EXPECT_EQ(kms_->unwrap(use(), made->wrapped).error().code, Code::key_not_found);
}

TEST_F(KmsTest, AutomaticRotationFollowsItsPeriod) {
    const std::string id = make_key();
    const auto made = kms_->generate(use(), id);
    ASSERT_TRUE(answer<&Kms::enable_rotation>("EnableKeyRotation", EnableKeyRotation{{id}, 90}));
    const auto rotations = [&] {
        return answer<&Kms::list_rotations>("ListKeyRotations", ListKeyRotations{{{}, id}, {}})
            ->rotations.size();
    };
    world.run_for(90 * 24h - 2min);
    EXPECT_EQ(rotations(), 0U);
    world.run_for(4min);
    EXPECT_EQ(rotations(), 1U);
    world.run_for(90 * 24h);
    EXPECT_EQ(rotations(), 2U);
    EXPECT_EQ(*kms_->unwrap(use(), made->wrapped), made->key);
}

TEST_F(KmsTest, AKeyIsRotatedOnDemandTwentyFiveTimes) {
    const std::string id = make_key();
    const auto rotate = [&] {
        return answer<&Kms::rotate_key>("RotateKeyOnDemand", RotateKeyOnDemand{{id}});
    };
    for (int count = 0; count < 25; ++count) ASSERT_TRUE(rotate());
    EXPECT_EQ(rotate().error().code, Code::limit_exceeded);
}

TEST_F(KmsTest, ASnapshotHoldsAllThatTheCommandsMade) {
    const std::string id = make_key();
    ASSERT_TRUE(answer<&Kms::create_alias>("CreateAlias", CreateAlias{{"alias/a", id}}));
    ASSERT_TRUE(answer<&Kms::enable_rotation>("EnableKeyRotation", EnableKeyRotation{{id}, 100}));
    const auto made = kms_->generate(use(), id);
    // More commands than lie between snapshots.
    for (int count = 0; count < 1100; ++count)
        ASSERT_TRUE(answer<&Kms::update_description>(
            "UpdateKeyDescription", UpdateKeyDescription{{id}, std::to_string(count)}));
    ASSERT_TRUE(restart(root_of('r')));
    const auto key = answer<&Kms::describe_key>("DescribeKey", DescribeKey{{"alias/a"}, {}});
    EXPECT_EQ(key->metadata.description, "1099");
    EXPECT_EQ(
        answer<&Kms::rotation_status>("GetKeyRotationStatus", GetKeyRotationStatus{{id}})->days,
        100);
    EXPECT_EQ(*kms_->unwrap(use(), made->wrapped), made->key);
}

TEST_F(KmsTest, TheRootKeysFileIsMadeOnceAndMissed) {
    const auto load = [&](bool may_make) {
        return run<Result<core::AesKey>>(
            [&, may_make] { return load_root_key(disk(), world.random(), may_make); });
    };
    EXPECT_EQ(load(false).error().code, Code::not_found);
    const auto made = load(true);
    ASSERT_TRUE(made);
    EXPECT_EQ(*load(true), *made);
    EXPECT_EQ(*load(false), *made);
}

TEST(RootKey, IsThirtyTwoBytesInBase64) {
    const core::AesKey key = root_of('k');
    std::string text;
    base64::encode(Bytes(key), text);
    EXPECT_EQ(*parse_root_key(text), key);
    EXPECT_EQ(*parse_root_key(" " + text + "\r\n"), key);
    for (const std::string_view wrong : {"", "\n", "a2V5", "not base64"})
        EXPECT_EQ(parse_root_key(wrong).error().code, Code::invalid_argument) << wrong;
}

}  // namespace
}  // namespace fors::kms
