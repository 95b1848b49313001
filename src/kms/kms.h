// SPDX-License-Identifier: Apache-2.0
// kms: the key service (AWS KMS Developer Guide): symmetric keys with policies, aliases, rotation
// and deletion, for clients on the wire and for the services here that encrypt.
//
// Keys fold from a control log of their own; their material is wrapped by the root key, which never
// comes into the log. Everything runs on the home thread. Operations are grouped by file: keys.cc,
// aliases.cc, rotation.cc, policies.cc, tags.cc, crypto.cc; data_keys.cc serves other services; who
// may use which key is asked in access.cc.
#pragma once

#include <map>
#include <optional>
#include <utility>

#include "core/cautious_clock.h"
#include "core/key_provider.h"
#include "core/service.h"
#include "env/env.h"
#include "env/turnstile.h"
#include "kms/ciphertext.h"
#include "kms/keyring.h"
#include "kms/keyring_format.h"
#include "kms/shapes.h"

namespace fors::kms {

class Kms final : public core::Service, public core::KeyProvider {
public:
    // Everything outlives the service.
    Kms(env::Env env, log::Log& log);

    // Replays the log. Once, before anything else.
    env::Task<Result<>> open();
    // Whether a root key was ever given: what is stored can't be read without it.
    bool has_root() const { return !keyring_.root_check().empty(); }
    // Gives the root key; Code::invalid_argument when it is not the one of the store. Once, after
    // open() and before the first request.
    env::Task<Result<>> unseal(const core::AesKey& root);
    // No more background work; call before destruction.
    void stop();
    // See Streams.
    bool clock_doubted() const { return careful_.doubted(); }
    // See ControlLog.
    uint64_t snapshot_failures() const { return control_.snapshot_failures(); }

    std::string_view name() const override { return "kms"; }
    std::string_view target_prefix() const override { return "TrentService"; }
    std::span<const core::Operation> operations() const override;
    std::span<const std::string_view> operations_missing() const override;
    std::span<const core::ErrorName> errors() const override;

    template <class T = core::Nothing>
    using Answer = env::Task<Result<T>>;
    using Context = core::Context;

    Answer<KeyMetadataResult> create_key(Context&, const CreateKey&);
    Answer<KeyMetadataResult> describe_key(Context&, const DescribeKey&);
    Answer<ListKeysResult> list_keys(Context&, const ListKeys&);
    Answer<> update_description(Context&, const UpdateKeyDescription&);
    Answer<> enable_key(Context&, const EnableKey&);
    Answer<> disable_key(Context&, const DisableKey&);
    Answer<ScheduleKeyDeletionResult> schedule_deletion(Context&, const ScheduleKeyDeletion&);
    Answer<KeyIdResult> cancel_deletion(Context&, const CancelKeyDeletion&);
    Answer<> create_alias(Context&, const CreateAlias&);
    Answer<> update_alias(Context&, const UpdateAlias&);
    Answer<> delete_alias(Context&, const DeleteAlias&);
    Answer<ListAliasesResult> list_aliases(Context&, const ListAliases&);
    Answer<EncryptResult> encrypt(Context&, const Encrypt&);
    Answer<DecryptResult> decrypt(Context&, const Decrypt&);
    Answer<ReEncryptResult> re_encrypt(Context&, const ReEncrypt&);
    Answer<DataKeyResult> generate_data_key(Context&, const GenerateDataKey&);
    Answer<SealedDataKeyResult> generate_sealed_data_key(Context&,
                                                         const GenerateDataKeyWithoutPlaintext&);
    Answer<GenerateRandomResult> generate_random(Context&, const GenerateRandom&);
    Answer<> enable_rotation(Context&, const EnableKeyRotation&);
    Answer<> disable_rotation(Context&, const DisableKeyRotation&);
    Answer<GetKeyRotationStatusResult> rotation_status(Context&, const GetKeyRotationStatus&);
    Answer<ListKeyRotationsResult> list_rotations(Context&, const ListKeyRotations&);
    Answer<KeyIdResult> rotate_key(Context&, const RotateKeyOnDemand&);
    Answer<GetKeyPolicyResult> get_policy(Context&, const GetKeyPolicy&);
    Answer<> put_policy(Context&, const PutKeyPolicy&);
    Answer<ListKeyPoliciesResult> list_policies(Context&, const ListKeyPolicies&);
    Answer<> tag_resource(Context&, const TagResource&);
    Answer<> untag_resource(Context&, const UntagResource&);
    Answer<ListResourceTagsResult> list_tags(Context&, const ListResourceTags&);

    // core::KeyProvider.
    env::Task<Result<>> prepare(core::KeyUse use, std::string_view key_id) override;
    Result<core::DataKey> generate(const core::KeyUse& use, std::string_view key_id) override;
    Result<bool> is_current(const core::KeyUse& use, std::string_view key_id,
                            std::string_view wrapped) const override;
    Result<> may_unwrap(const core::KeyUse& use, std::string_view wrapped) const override;
    Result<core::AesKey> unwrap(const core::KeyUse& use, std::string_view wrapped) override;

private:
    // Where a short name (an id, an alias) is looked up, and when.
    struct Scope {
        std::string_view account, region;
        int64_t now_ms;
    };
    static Scope scope_of(const Context& context) {
        return {context.caller.account, context.caller.region, context.now_ms};
    }
    // A key that is there, however it is called; Code::key_not_found, Code::invalid_argument for an
    // ARN that is none.
    Result<const Key*> find(const Scope& scope, std::string_view key_id, bool alias_too) const;
    // The same, when the caller may do the context's operation to it.
    Result<const Key*> find_allowed(const Context& context, const OptionalText& key_id,
                                    bool alias_too = false) const;
    // The same, when it doesn't wait for its deletion.
    Result<const Key*> find_changeable(const Context& context, const OptionalText& key_id) const;
    // For cryptography: enabled, by id or alias, with what this service has.
    Result<const Key*> find_usable(const Context& context, const CryptoRequest& in) const;

    Answer<> submit(const stored::Command& command);

    KeyMetadata metadata_of(const Key& key, Arena& arena) const;
    // The services' own keys come to be when they are first asked for.
    env::Task<Result<>> ensure_managed(std::string account, std::string region, std::string alias,
                                       int64_t now_ms);
    Answer<> set_alias(Context& context, const SetAlias& in, bool must_be_new);

    std::string new_material(std::string_view key_id);
    core::AesGcm& cipher_of(const Key& key, uint32_t material);  // must be one of the key's
    std::string seal_with(const Key& key, const wire::Map& context, Bytes plaintext);
    struct Opened {
        const Key* key;
        uint32_t material;
        std::string plaintext;
    };
    Result<Opened> open_ciphertext(const Context& context, Bytes ciphertext,
                                   const OptionalText& key_id, const OptionalMap& bound,
                                   std::string_view action);
    Result<SealedDataKeyResult> make_data_key(Context& context, const DataKeyRequest& in,
                                              std::string& plaintext);
    Result<const Key*> key_of(const core::KeyUse& use, std::string_view wrapped) const;

    void schedule_upkeep();
    env::Task<void> upkeep();

    env::Env env_;
    Keyring keyring_;
    core::ControlLog control_;
    env::Turnstile managed_turn_;
    std::optional<core::AesGcm> root_;
    core::GcmNonces nonces_;
    std::map<std::pair<std::string, uint32_t>, core::AesGcm> ciphers_;  // by key's id and material
    uint64_t id_state_;
    core::CautiousClock careful_;
    env::TimerId upkeep_timer_;
    bool stopping_ = false;
};

// All operations built here, by name.
std::span<const core::Operation> operation_list();

// Access (access.cc): nothing when the key's policy allows it.
std::optional<Error> authorize(const core::Context& context, const Key& key,
                               std::string_view action, const wire::Map* bound = nullptr);
std::optional<Error> authorize(const core::KeyUse& use, const Key& key, std::string_view action);
// Whether that document would let the caller change it again.
bool may_change_policy(const core::Context& context, const auth::Policy& policy,
                       std::string_view key_arn);

// Grants are refused, not passed over.
std::optional<Error> check_grants(const CryptoRequest& in);
// What keeps a key from encrypting and decrypting.
std::optional<Error> check_usable(const Key& key);

// The part of `all`, which is in the order of its names, that a page asks for; a marker is the last
// name given.
template <class T, class NameOf>
std::vector<T> page_of(const Page& page, size_t fallback, std::vector<T> all, NameOf name_of,
                       PageResult& result, Arena& arena) {
    if (page.marker)
        std::erase_if(all, [&](const T& each) { return name_of(each) <= *page.marker; });
    const size_t limit = page.limit ? static_cast<size_t>(*page.limit) : fallback;
    if (all.size() > limit) {
        all.resize(limit);
        result.truncated = true;
        result.next_marker = arena.copy(name_of(all.back()));
    }
    return all;
}

}  // namespace fors::kms
