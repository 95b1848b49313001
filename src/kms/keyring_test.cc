// SPDX-License-Identifier: Apache-2.0
// Commands as the log may hold them, whoever wrote them.
#include "kms/keyring.h"

#include <gtest/gtest.h>

#include "kms/keyring_format.h"

namespace fors::kms {
namespace {

// Found by keyring_fuzz: the alias that wasn't there was erased.
TEST(Keyring, ANewAliasOfNoKeyIsRefused) {
    Keyring keyring;
    const stored::SetAlias alias{
        .account = "a", .region = "r", .name = "alias/n", .must_be_new = true};
    const auto applied = keyring.apply(stored::encoded({.alias = alias}));
    ASSERT_FALSE(applied);
    EXPECT_EQ(applied.error().code, Code::corrupt);
    EXPECT_EQ(keyring.find_alias("a", "r", "alias/n"), nullptr);
}

TEST(Keyring, ARemovalThatComesAfterItsDeletionWasTakenBackRemovesNothing) {
    Keyring keyring;
    const auto apply = [&](const stored::Command& command) {
        EXPECT_TRUE(keyring.apply(stored::encoded(command)));
    };
    const stored::Create create{.account = "a", .region = "r", .id = "k", .policy = "{}"};
    apply({.at_ms = 1, .create = create});
    apply({.at_ms = 2, .key = "k", .deletion_ms = 100});
    apply({.at_ms = 99, .key = "k", .deletion_ms = 0});
    apply({.at_ms = 100, .key = "k", .remove = true});
    EXPECT_NE(keyring.find("k"), nullptr);
    apply({.at_ms = 101, .key = "k", .deletion_ms = 200});
    apply({.at_ms = 200, .key = "k", .remove = true});
    EXPECT_EQ(keyring.find("k"), nullptr);
}

TEST(Keyring, AnyNumberOfAliasesIsRestored) {
    Keyring keyring;
    const stored::Create create{.account = "a", .region = "r", .id = "k", .policy = "{}"};
    ASSERT_TRUE(keyring.apply(stored::encoded({.at_ms = 1, .create = create})));
    for (int at = 0; at < 100'001; ++at) {
        const std::string name = "alias/" + std::to_string(at);
        const stored::SetAlias alias{
            .account = "a", .region = "r", .name = name, .key = "k", .must_be_new = true};
        ASSERT_TRUE(keyring.apply(stored::encoded({.at_ms = 1, .alias = alias})));
    }
    Keyring restored;
    ASSERT_TRUE(restored.restore(keyring.snapshot()));
    EXPECT_EQ(restored.aliases().size(), 100'001u);
    EXPECT_EQ(restored.snapshot(), keyring.snapshot());
}

}  // namespace
}  // namespace fors::kms
