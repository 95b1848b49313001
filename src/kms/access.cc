// SPDX-License-Identifier: Apache-2.0
// A key's policy alone decides who may use it (KMS Developer Guide, "Key policies"); the one that
// it gets by default allows its account everything.
#include "core/access.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/concat.h"
#include "kms/kms.h"

namespace fors::kms {

namespace {

// What a policy can allow another account ("Allowing users in other accounts to use a KMS key"):
// to use the key, not to manage it.
constexpr auto shareable = std::to_array<std::string_view>(
    {"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey",
     "kms:GenerateDataKeyWithoutPlaintext", "kms:GetKeyRotationStatus", "kms:ReEncryptFrom",
     "kms:ReEncryptTo"});

std::optional<Error> judge(const auth::Caller& caller, const Key& key, std::string_view action,
                           auth::ContextKeys keys) {
    keys.emplace_back("kms:CallerAccount", caller.account);
    const std::string principal = core::principal_arn(caller);
    const std::string arn = key.arn();
    const auto verdict = key.policy.judge({{caller.account, principal}, action, arn, keys});
    const bool can_be = caller.account == key.account || std::ranges::count(shareable, action) > 0;
    if (verdict == auth::Verdict::allowed && can_be) return std::nullopt;
    const std::string reason =
        verdict == auth::Verdict::denied
            ? " with an explicit deny in a resource-based policy"
            : concat(" because no resource-based policy allows the ", action, " action");
    return Error{Code::key_access_denied,
                 concat("User: ", principal, " is not authorized to perform: ", action,
                        " on resource: ", arn, reason)};
}

}  // namespace

std::optional<Error> authorize(const core::Context& context, const Key& key,
                               std::string_view action, const wire::Map* bound) {
    auth::ContextKeys keys = core::condition_keys(context);
    if (bound)
        for (const auto& [name, value] : *bound)
            keys.emplace_back(concat("kms:EncryptionContext:", name), value);
    return judge(context.caller, key, action, std::move(keys));
}

std::optional<Error> authorize(const core::KeyUse& use, const Key& key, std::string_view action) {
    auth::ContextKeys keys = core::condition_keys(use.caller, use.now_ms);
    keys.emplace_back("aws:ViaAWSService", "true");
    keys.emplace_back("kms:ViaService", concat(use.service, ".", use.region, ".amazonaws.com"));
    keys.emplace_back(concat("kms:EncryptionContext:aws:", use.service, ":arn"), use.resource);
    return judge(use.caller, key, action, std::move(keys));
}

bool may_change_policy(const core::Context& context, const auth::Policy& policy,
                       std::string_view key_arn) {
    auth::ContextKeys keys = core::condition_keys(context);
    keys.emplace_back("kms:CallerAccount", context.caller.account);
    const std::string principal = core::principal_arn(context.caller);
    return policy.judge({{context.caller.account, principal}, "kms:PutKeyPolicy", key_arn, keys}) ==
           auth::Verdict::allowed;
}

}  // namespace fors::kms
