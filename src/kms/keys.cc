// SPDX-License-Identifier: Apache-2.0
// The life of keys: CreateKey, DescribeKey, ListKeys, UpdateKeyDescription, EnableKey, DisableKey,
// ScheduleKeyDeletion, CancelKeyDeletion; and the services' own keys.
#include <algorithm>
#include <array>

#include "base/concat.h"
#include "core/front_end.h"
#include "kms/kms.h"
#include "kms/tag_rules.h"

namespace fors::kms {

namespace {

constexpr std::string_view symmetric = "SYMMETRIC_DEFAULT";
constexpr int32_t window_days_least = 7;
constexpr int32_t window_days_most = 30;
constexpr int32_t managed_rotation_days = 365;

// "Default key policy when you create a KMS key with the AWS KMS API" (Developer Guide).
std::string default_policy(std::string_view account) {
    return concat(R"({
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::)",
                  account, R"(:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
})");
}

// Of a service's own key: whoever in its account may use the service uses the key through it.
std::string managed_policy(std::string_view account, std::string_view region,
                           std::string_view service) {
    return concat(R"({
  "Version" : "2012-10-17",
  "Id" : "auto-)",
                  service, R"(-1",
  "Statement" : [ {
    "Sid" : "Allow access through the service for all principals in the account",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "*"
    },
    "Action" : [ "kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                 "kms:DescribeKey" ],
    "Resource" : "*",
    "Condition" : {
      "StringEquals" : {
        "kms:CallerAccount" : ")",
                  account, R"(",
        "kms:ViaService" : ")",
                  service, ".", region, R"(.amazonaws.com"
      }
    }
  }, {
    "Sid" : "Allow direct access to key metadata to the account",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::)",
                  account, R"(:root"
    },
    "Action" : [ "kms:Describe*", "kms:Get*", "kms:List*" ],
    "Resource" : "*"
  } ]
})");
}

// Keys of a kind that is not built are refused, never made as another kind.
std::optional<Error> check_kind(const CreateKey& in) {
    const auto unless = [](const OptionalText& given, std::string_view built,
                           std::string_view member) -> std::optional<Error> {
        if (!given || *given == built) return std::nullopt;
        return Error{Code::unsupported, concat(member, " ", *given,
                                               " is not implemented by this version of fors, which "
                                               "has ",
                                               built, " only.")};
    };
    if (auto fault = unless(in.key_usage, "ENCRYPT_DECRYPT", "KeyUsage")) return fault;
    if (auto fault = unless(in.key_spec, symmetric, "KeySpec")) return fault;
    if (auto fault = unless(in.master_key_spec, symmetric, "CustomerMasterKeySpec")) return fault;
    if (auto fault = unless(in.origin, "AWS_KMS", "Origin")) return fault;
    if (in.key_store || in.external_key)
        return Error{Code::unsupported,
                     "Custom key stores are not implemented by this version of fors."};
    if (in.multi_region.value_or(false))
        return Error{Code::unsupported,
                     "Multi-Region keys are not implemented by this version of fors."};
    return std::nullopt;
}

std::string_view state_text(const Key& key) {
    if (key.deletion_ms) return "PendingDeletion";
    return key.enabled ? "Enabled" : "Disabled";
}

std::optional<Error> check_window(int32_t days) {
    if (days >= window_days_least && days <= window_days_most) return std::nullopt;
    const bool low = days < window_days_least;
    return Error{Code::validation,
                 concat("1 validation error detected: Value '", std::to_string(days),
                        "' at 'pendingWindowInDays' failed to satisfy constraint: Member must have "
                        "value ",
                        low ? "greater" : "less", " than or equal to ",
                        std::to_string(low ? window_days_least : window_days_most))};
}

}  // namespace

KeyMetadata Kms::metadata_of(const Key& key, Arena& arena) const {
    KeyMetadata out{.account = arena.copy(key.account),
                    .key_id = arena.copy(key.id),
                    .arn = arena.copy(key.arn()),
                    .created = {key.created_ms},
                    .enabled = key.enabled && !key.deletion_ms,
                    .description = arena.copy(key.description),
                    .key_usage = "ENCRYPT_DECRYPT",
                    .key_state = state_text(key),
                    .origin = "AWS_KMS",
                    .key_manager = key.managed ? "AWS" : "CUSTOMER",
                    .master_key_spec = symmetric,
                    .key_spec = symmetric,
                    .encryption_algorithms = {symmetric},
                    .current_material = arena.copy(key.materials.back().id())};
    if (key.deletion_ms) out.deletion_date = wire::Timestamp{*key.deletion_ms};
    return out;
}

Kms::Answer<KeyMetadataResult> Kms::create_key(Context& context, const CreateKey& in) {
    if (auto fault = check_kind(in)) co_return std::unexpected(std::move(*fault));
    auto tags = tag_map(in.tags);
    if (!tags) co_return std::unexpected(std::move(tags.error()));
    const std::string id = core::uuid(id_state_);
    const std::string policy =
        in.policy ? std::string(*in.policy) : default_policy(context.caller.account);
    if (in.policy) {
        auto parsed = auth::Policy::parse(policy, true);
        if (!parsed) co_return fail(Code::malformed_policy, std::move(parsed.error().message));
        const std::string arn =
            concat("arn:aws:kms:", context.caller.region, ":", context.caller.account, ":key/", id);
        if (!in.bypass_lockout_check.value_or(false) && !may_change_policy(context, *parsed, arn))
            co_return fail(Code::malformed_policy,
                           "The new key policy will not allow you to update the key policy in the "
                           "future.");
    }
    const std::string material = new_material(id);
    auto done =
        co_await submit({.at_ms = context.now_ms,
                         .create = stored::Create{.account = context.caller.account,
                                                  .region = context.caller.region,
                                                  .id = id,
                                                  .description = in.description.value_or(""),
                                                  .policy = policy,
                                                  .tags = std::move(*tags),
                                                  .material = as_bytes(material)}});
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return KeyMetadataResult{metadata_of(*keyring_.find(id), context.arena)};
}

env::Task<Result<>> Kms::ensure_managed(std::string account, std::string region, std::string alias,
                                        int64_t now_ms) {
    const auto turn = co_await managed_turn_.enter();
    if (keyring_.find_alias(account, region, alias)) co_return Result<>{};
    const std::string id = core::uuid(id_state_);
    const std::string material = new_material(id);
    const std::string service = alias.substr(std::string_view("alias/aws/").size());
    const std::string policy = managed_policy(account, region, service);
    const std::string description =
        concat("Default key that protects my ", service, " data when no other key is defined");
    auto done = co_await submit(
        {.at_ms = now_ms,
         .create = stored::Create{.account = account,
                                  .region = region,
                                  .id = id,
                                  .description = description,
                                  .policy = policy,
                                  .managed = true,
                                  .material = as_bytes(material)},
         .alias = stored::SetAlias{account, region, alias, id, /*must_be_new=*/true}});
    if (done)
        done =
            co_await submit({.at_ms = now_ms, .key = id, .rotation_days = managed_rotation_days});
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return Result<>{};
}

Kms::Answer<KeyMetadataResult> Kms::describe_key(Context& context, const DescribeKey& in) {
    if (in.key_id->ends_with("alias/aws/kinesis")) {
        auto made = co_await ensure_managed(context.caller.account, context.caller.region,
                                            "alias/aws/kinesis", context.now_ms);
        if (!made) co_return std::unexpected(std::move(made.error()));
    }
    auto key = find_allowed(context, in.key_id, true);
    if (!key) co_return std::unexpected(std::move(key.error()));
    co_return KeyMetadataResult{metadata_of(**key, context.arena)};
}

Kms::Answer<ListKeysResult> Kms::list_keys(Context& context, const ListKeys& in) {
    // Other accounts share nothing: there is no Resource Access Manager.
    const bool own = !in.owners || std::ranges::find(*in.owners, "SELF") != in.owners->end();
    std::vector<KeyListEntry> all;
    for (const auto& [id, key] : keyring_.keys())
        if (own && key.account == context.caller.account && key.region == context.caller.region)
            all.push_back({context.arena.copy(id), context.arena.copy(key.arn())});
    ListKeysResult result;
    result.keys = page_of(
        in, 100, std::move(all), [](const KeyListEntry& each) { return each.key_id; }, result,
        context.arena);
    co_return result;
}

Kms::Answer<> Kms::update_description(Context& context, const UpdateKeyDescription& in) {
    auto key = find_changeable(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    co_return co_await submit({.key = (*key)->id, .description = in.description});
}

Kms::Answer<> Kms::enable_key(Context& context, const EnableKey& in) {
    auto key = find_changeable(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    co_return co_await submit({.key = (*key)->id, .enabled = true});
}

Kms::Answer<> Kms::disable_key(Context& context, const DisableKey& in) {
    auto key = find_changeable(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    co_return co_await submit({.key = (*key)->id, .enabled = false});
}

Kms::Answer<ScheduleKeyDeletionResult> Kms::schedule_deletion(Context& context,
                                                              const ScheduleKeyDeletion& in) {
    const int32_t days = in.days.value_or(window_days_most);
    if (auto fault = check_window(days)) co_return std::unexpected(std::move(*fault));
    auto key = find_changeable(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    const std::string_view arn = context.arena.copy((*key)->arn());
    const int64_t date_ms = context.now_ms + days * day_ms;
    auto done = co_await submit({.key = (*key)->id, .deletion_ms = date_ms});
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return ScheduleKeyDeletionResult{
        .key_id = arn, .deletion_date = {date_ms}, .key_state = "PendingDeletion", .days = days};
}

Kms::Answer<KeyIdResult> Kms::cancel_deletion(Context& context, const CancelKeyDeletion& in) {
    auto key = find_allowed(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    if (!(*key)->deletion_ms)
        co_return fail(Code::key_state, concat((*key)->arn(), " is not pending deletion."));
    const std::string_view arn = context.arena.copy((*key)->arn());
    auto done = co_await submit({.key = (*key)->id, .deletion_ms = 0});
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return KeyIdResult{arn};
}

}  // namespace fors::kms
