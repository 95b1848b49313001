// SPDX-License-Identifier: Apache-2.0
// The service's tables, its start, its upkeep, and how requests name keys.
#include "kms/kms.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>

#include "base/assert.h"
#include "base/concat.h"
#include "kms/keyring_format.h"
#include "kms/shape_tables.h"

namespace fors::kms {

namespace {

constexpr auto upkeep_interval = std::chrono::minutes(1);

constexpr auto operation_table = std::array{
    core::operation<&Kms::cancel_deletion>("CancelKeyDeletion"),
    core::operation<&Kms::create_alias>("CreateAlias"),
    core::operation<&Kms::create_key>("CreateKey"),
    core::operation<&Kms::decrypt>("Decrypt"),
    core::operation<&Kms::delete_alias>("DeleteAlias"),
    core::operation<&Kms::describe_key>("DescribeKey"),
    core::operation<&Kms::disable_key>("DisableKey"),
    core::operation<&Kms::disable_rotation>("DisableKeyRotation"),
    core::operation<&Kms::enable_key>("EnableKey"),
    core::operation<&Kms::enable_rotation>("EnableKeyRotation"),
    core::operation<&Kms::encrypt>("Encrypt"),
    core::operation<&Kms::generate_data_key>("GenerateDataKey"),
    core::operation<&Kms::generate_sealed_data_key>("GenerateDataKeyWithoutPlaintext"),
    core::operation<&Kms::generate_random>("GenerateRandom"),
    core::operation<&Kms::get_policy>("GetKeyPolicy"),
    core::operation<&Kms::rotation_status>("GetKeyRotationStatus"),
    core::operation<&Kms::list_aliases>("ListAliases"),
    core::operation<&Kms::list_policies>("ListKeyPolicies"),
    core::operation<&Kms::list_rotations>("ListKeyRotations"),
    core::operation<&Kms::list_keys>("ListKeys"),
    core::operation<&Kms::list_tags>("ListResourceTags"),
    core::operation<&Kms::put_policy>("PutKeyPolicy"),
    core::operation<&Kms::re_encrypt>("ReEncrypt"),
    core::operation<&Kms::rotate_key>("RotateKeyOnDemand"),
    core::operation<&Kms::schedule_deletion>("ScheduleKeyDeletion"),
    core::operation<&Kms::tag_resource>("TagResource"),
    core::operation<&Kms::untag_resource>("UntagResource"),
    core::operation<&Kms::update_alias>("UpdateAlias"),
    core::operation<&Kms::update_description>("UpdateKeyDescription"),
};

constexpr auto missing_table = std::to_array<std::string_view>({
    "ConnectCustomKeyStore",
    "CreateCustomKeyStore",
    "CreateGrant",
    "DeleteCustomKeyStore",
    "DeleteImportedKeyMaterial",
    "DeriveSharedSecret",
    "DescribeCustomKeyStores",
    "DisconnectCustomKeyStore",
    "GenerateDataKeyPair",
    "GenerateDataKeyPairWithoutPlaintext",
    "GenerateMac",
    "GetKeyLastUsage",
    "GetParametersForImport",
    "GetPublicKey",
    "ImportKeyMaterial",
    "ListGrants",
    "ListRetirableGrants",
    "ReplicateKey",
    "RetireGrant",
    "RevokeGrant",
    "Sign",
    "UpdateCustomKeyStore",
    "UpdatePrimaryRegion",
    "Verify",
    "VerifyMac",
});

constexpr auto error_table = std::to_array<core::ErrorName>({
    {Code::key_not_found, "NotFoundException", 400},
    {Code::key_disabled, "DisabledException", 400},
    {Code::key_state, "KMSInvalidStateException", 400},
    {Code::key_access_denied, "AccessDeniedException", 400},
    {Code::invalid_ciphertext, "InvalidCiphertextException", 400},
    {Code::incorrect_key, "IncorrectKeyException", 400},
    {Code::already_exists, "AlreadyExistsException", 400},
    {Code::unsupported, "UnsupportedOperationException", 400},
    {Code::invalid_name, "InvalidAliasNameException", 400},
    {Code::invalid_argument, "InvalidArnException", 400},
    {Code::invalid_tag, "TagException", 400},
    {Code::malformed_policy, "MalformedPolicyDocumentException", 400},
    {Code::limit_exceeded, "LimitExceededException", 400},
    {Code::dry_run, "DryRunOperationException", 400},
    {Code::io_failed, "KMSInternalException", 500},
    {Code::outcome_unknown, "KMSInternalException", 500},
    {Code::corrupt, "KMSInternalException", 500},
});

constexpr std::string_view root_check_text = "fors root key";

// arn:aws:kms:<region>:<account>:<resource>; nothing when it is another kind of ARN.
struct ArnParts {
    std::string_view region, account, resource;
};
std::optional<ArnParts> split_arn(std::string_view arn) {
    std::array<std::string_view, 5> head;
    for (auto& part : head) {
        const size_t colon = arn.find(':');
        if (colon == arn.npos) return std::nullopt;
        part = arn.substr(0, colon);
        arn.remove_prefix(colon + 1);
    }
    if (head[2] != "kms" || arn.empty()) return std::nullopt;
    return ArnParts{head[3], head[4], arn};
}

bool is_key_id(std::string_view text) {
    return text.size() == 36 && text.find_first_not_of("0123456789abcdef-") == text.npos;
}

Error missing_key(std::string_view account, std::string_view region, std::string_view id) {
    if (!is_key_id(id)) return {Code::key_not_found, concat("Invalid keyId '", id, "'")};
    return {Code::key_not_found,
            concat("Key 'arn:aws:kms:", region, ":", account, ":key/", id, "' does not exist")};
}

}  // namespace

Kms::Kms(env::Env env, log::Log& log)
    : env_(env),
      control_(log, log::kms_shard, keyring_),
      nonces_(env.random),
      id_state_(env.random.next()),
      careful_(env.clock) {}

std::span<const core::Operation> operation_list() { return operation_table; }

std::span<const core::Operation> Kms::operations() const { return operation_table; }
std::span<const std::string_view> Kms::operations_missing() const { return missing_table; }
std::span<const core::ErrorName> Kms::errors() const { return error_table; }

env::Task<Result<>> Kms::open() { co_return co_await control_.open(); }

env::Task<Result<>> Kms::unseal(const core::AesKey& root) {
    root_.emplace(root);
    const Bytes bound = as_bytes(root_check_text);
    std::string check = keyring_.root_check();
    if (check.empty()) {
        const core::GcmNonce nonce = nonces_.next();
        append(check, Bytes(nonce));
        check.resize(nonce.size() + core::gcm_tag_bytes);
        root_->seal(nonce, bound, {}, reinterpret_cast<std::byte*>(check.data()) + nonce.size());
        auto stored = co_await submit({.root_check = as_bytes(check)});
        if (!stored) co_return std::unexpected(std::move(stored.error()));
    }
    core::GcmNonce nonce{};
    std::ranges::copy_n(as_bytes(check).begin(), nonce.size(), nonce.begin());
    std::byte nothing{};
    if (!root_->open(nonce, bound, as_bytes(check).subspan(nonce.size()), &nothing))
        co_return fail(Code::invalid_argument,
                       "the root key is not the one that this data was sealed with");
    schedule_upkeep();
    co_return Result<>{};
}

void Kms::stop() {
    stopping_ = true;
    env_.executor.cancel(upkeep_timer_);
}

Kms::Answer<> Kms::submit(const stored::Command& command) {
    auto done = co_await control_.submit(stored::encoded(command));
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return core::Nothing{};
}

void Kms::schedule_upkeep() {
    if (stopping_) return;
    upkeep_timer_ = env_.executor.after(upkeep_interval, [this] { env::spawn(upkeep()); });
}

// Keys whose time is over go; those due are rotated. What fails is tried again the next time.
env::Task<void> Kms::upkeep() {
    const int64_t now_ms = careful_.now_ms();
    std::vector<std::string> ids;
    for (const auto& [id, key] : keyring_.keys()) ids.push_back(id);
    for (const std::string& id : ids) {
        const Key* key = keyring_.find(id);
        if (!key) continue;
        if (key->deletion_ms && *key->deletion_ms <= now_ms) {
            (void)co_await submit({.at_ms = now_ms, .key = id, .remove = true});
            std::erase_if(ciphers_, [&](const auto& each) { return each.first.first == id; });
        } else if (key->enabled && !key->deletion_ms && key->next_rotation_ms() &&
                   *key->next_rotation_ms() <= now_ms) {
            const std::string material = new_material(id);
            (void)co_await submit({.at_ms = now_ms,
                                   .key = id,
                                   .material = as_bytes(material),
                                   .origin = static_cast<int32_t>(Origin::automatic)});
        }
    }
    schedule_upkeep();
}

Result<const Key*> Kms::find(const Scope& scope, std::string_view key_id, bool alias_too) const {
    ArnParts named{scope.region, scope.account, key_id};
    if (key_id.starts_with("arn:")) {
        const auto arn = split_arn(key_id);
        if (!arn || (!arn->resource.starts_with("key/") && !arn->resource.starts_with("alias/")))
            return fail(Code::invalid_argument, concat("Invalid arn ", key_id));
        if (arn->region != scope.region)
            return fail(Code::key_not_found, concat("Invalid arn ", arn->region));
        named = *arn;
        if (named.resource.starts_with("key/")) named.resource.remove_prefix(4);
    }
    std::string_view id = named.resource;
    if (id.starts_with("alias/")) {
        if (!alias_too) return fail(Code::key_not_found, concat("Invalid keyId '", key_id, "'"));
        const Alias* alias = keyring_.find_alias(named.account, named.region, id);
        if (!alias)
            return fail(Code::key_not_found, concat("Alias arn:aws:kms:", named.region, ":",
                                                    named.account, ":", id, " is not found."));
        id = alias->key;
    }
    const Key* key = keyring_.find(id);
    const bool gone = key && key->deletion_ms && *key->deletion_ms <= scope.now_ms;
    if (!key || gone || key->account != named.account || key->region != named.region)
        return std::unexpected(missing_key(named.account, named.region, id));
    return key;
}

Result<const Key*> Kms::find_allowed(const Context& context, const OptionalText& key_id,
                                     bool alias_too) const {
    auto key = find(scope_of(context), *key_id, alias_too);
    if (!key) return key;
    if (auto fault = authorize(context, **key, concat("kms:", context.operation)))
        return std::unexpected(std::move(*fault));
    return key;
}

Result<const Key*> Kms::find_changeable(const Context& context, const OptionalText& key_id) const {
    auto key = find_allowed(context, key_id);
    if (key && (*key)->deletion_ms)
        return fail(Code::key_state, concat((*key)->arn(), " is pending deletion."));
    return key;
}

Result<const Key*> Kms::find_usable(const Context& context, const CryptoRequest& in) const {
    if (auto fault = check_grants(in)) return std::unexpected(std::move(*fault));
    auto key = find(scope_of(context), *in.key_id, true);
    if (!key) return key;
    if (auto fault = authorize(context, **key, concat("kms:", context.operation),
                               in.context ? &*in.context : nullptr))
        return std::unexpected(std::move(*fault));
    if (auto fault = check_usable(**key)) return std::unexpected(std::move(*fault));
    return key;
}

std::optional<Error> check_grants(const CryptoRequest& in) {
    if (!in.grant_tokens || in.grant_tokens->empty()) return std::nullopt;
    return Error{Code::unsupported, "Grants are not implemented by this version of fors."};
}

std::optional<Error> check_usable(const Key& key) {
    if (key.deletion_ms) return Error{Code::key_state, concat(key.arn(), " is pending deletion.")};
    if (!key.enabled) return Error{Code::key_disabled, concat(key.arn(), " is disabled.")};
    return std::nullopt;
}

}  // namespace fors::kms
