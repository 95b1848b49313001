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

}  // namespace
}  // namespace fors::kms
