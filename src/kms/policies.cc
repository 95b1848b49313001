// SPDX-License-Identifier: Apache-2.0
// GetKeyPolicy, PutKeyPolicy, ListKeyPolicies: a key has one policy, named "default".
#include "base/concat.h"
#include "kms/kms.h"

namespace fors::kms {

namespace {

constexpr std::string_view only_name = "default";
constexpr size_t policy_bytes_max = 32768;

std::optional<Error> check_name(const OptionalText& name) {
    if (name.value_or(only_name) == only_name) return std::nullopt;
    return Error{Code::key_not_found, "No such policy exists"};
}

}  // namespace

Kms::Answer<GetKeyPolicyResult> Kms::get_policy(Context& context, const GetKeyPolicy& in) {
    auto key = find_allowed(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    if (auto fault = check_name(in.name)) co_return std::unexpected(std::move(*fault));
    co_return GetKeyPolicyResult{context.arena.copy((*key)->policy.document()), only_name};
}

Kms::Answer<> Kms::put_policy(Context& context, const PutKeyPolicy& in) {
    auto key = find_allowed(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    if (auto fault = check_name(in.name)) co_return std::unexpected(std::move(*fault));
    if (in.policy->size() > policy_bytes_max)
        co_return fail(Code::limit_exceeded, "A key policy can have no more than 32 KB.");
    auto parsed = auth::Policy::parse(*in.policy, true);
    if (!parsed) co_return fail(Code::malformed_policy, std::move(parsed.error().message));
    if (!in.bypass_lockout_check.value_or(false) &&
        !may_change_policy(context, *parsed, (*key)->arn()))
        co_return fail(
            Code::malformed_policy,
            "The new key policy will not allow you to update the key policy in the future.");
    co_return co_await submit({.key = (*key)->id, .policy = in.policy});
}

Kms::Answer<ListKeyPoliciesResult> Kms::list_policies(Context& context, const ListKeyPolicies& in) {
    auto key = find_allowed(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    ListKeyPoliciesResult result;
    result.names = page_of(
        in, 100, std::vector<std::string_view>{only_name},
        [](std::string_view each) { return each; }, result, context.arena);
    co_return result;
}

}  // namespace fors::kms
