// SPDX-License-Identifier: Apache-2.0
// Requests and answers of the key service (AWS KMS API Reference); tables in kms/shape_tables.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "wire/shape.h"

namespace fors::kms {

using OptionalText = std::optional<std::string_view>;
using OptionalTexts = std::optional<std::vector<std::string_view>>;
using OptionalMap = std::optional<wire::Map>;
using OptionalTime = std::optional<wire::Timestamp>;

struct Tag {
    OptionalText key, value;
};
using Tags = std::vector<Tag>;

struct CreateKey {
    OptionalText policy, description, key_usage, master_key_spec, key_spec, origin, key_store;
    std::optional<bool> bypass_lockout_check;
    std::optional<Tags> tags;
    std::optional<bool> multi_region;
    OptionalText external_key;
};
struct KeyMetadata {
    std::string_view account, key_id, arn;
    wire::Timestamp created;
    bool enabled = false;
    std::string_view description, key_usage, key_state;
    OptionalTime deletion_date;
    std::string_view origin, key_manager, master_key_spec, key_spec;
    std::vector<std::string_view> encryption_algorithms;
    bool multi_region = false;
    std::string_view current_material;
};
struct KeyMetadataResult {
    KeyMetadata metadata;
};

// Requests that name a key and nothing else that is used.
struct KeyReference {
    OptionalText key_id;
};
struct DescribeKey : KeyReference {
    OptionalTexts grant_tokens;
};
struct EnableKey : KeyReference {};
struct DisableKey : KeyReference {};
struct CancelKeyDeletion : KeyReference {};
struct RotateKeyOnDemand : KeyReference {};
struct DisableKeyRotation : KeyReference {};
struct GetKeyRotationStatus : KeyReference {};
struct KeyIdResult {
    std::string_view key_id;
};

struct Page {
    std::optional<int32_t> limit;
    OptionalText marker;
};
// Of what belongs to a key.
struct KeyPage : Page {
    OptionalText key_id;
};
struct PageResult {
    OptionalText next_marker;
    bool truncated = false;
};

struct KeyListEntry {
    std::string_view key_id, arn;
};
struct ListKeys : Page {
    std::optional<std::vector<std::string_view>> owners;
};
struct ListKeysResult : PageResult {
    std::vector<KeyListEntry> keys;
};

struct UpdateKeyDescription : KeyReference {
    OptionalText description;
};
struct ScheduleKeyDeletion : KeyReference {
    std::optional<int32_t> days;
};
struct ScheduleKeyDeletionResult {
    std::string_view key_id;
    wire::Timestamp deletion_date;
    std::string_view key_state;
    int32_t days = 0;
};

struct SetAlias {
    OptionalText name, target;
};
struct CreateAlias : SetAlias {};
struct UpdateAlias : SetAlias {};
struct DeleteAlias {
    OptionalText name;
};
struct ListAliases : KeyPage {};
struct AliasListEntry {
    std::string_view name, arn, target;
    wire::Timestamp created, updated;
};
struct ListAliasesResult : PageResult {
    std::vector<AliasListEntry> aliases;
};

// What calls of a key's cryptography have in common.
struct CryptoRequest : KeyReference {
    OptionalMap context;
    OptionalTexts grant_tokens;
    std::optional<bool> dry_run;
};
struct Recipient {
    OptionalText algorithm;
    std::optional<Bytes> attestation;
};
struct Encrypt : CryptoRequest {
    std::optional<Bytes> plaintext;
    OptionalText algorithm;
};
struct EncryptResult {
    Bytes ciphertext;
    std::string_view key_id, algorithm;
};
struct Decrypt : CryptoRequest {
    std::optional<Bytes> ciphertext;
    OptionalText algorithm;
    std::optional<Recipient> recipient;
    OptionalTexts dry_run_modifiers;
};
struct DecryptResult {
    std::string_view key_id;
    Bytes plaintext;
    std::string_view algorithm, material;
};
struct ReEncrypt : CryptoRequest {  // key and context: of the destination
    std::optional<Bytes> ciphertext;
    OptionalMap source_context;
    OptionalText source_key, source_algorithm, algorithm;
    OptionalTexts dry_run_modifiers;
};
struct ReEncryptResult {
    Bytes ciphertext;
    std::string_view source_key, key, source_algorithm, algorithm, source_material, material;
};
struct DataKeyRequest : CryptoRequest {
    std::optional<int32_t> bytes;
    OptionalText key_spec;
};
struct GenerateDataKey : DataKeyRequest {
    std::optional<Recipient> recipient;
};
struct GenerateDataKeyWithoutPlaintext : DataKeyRequest {};
struct SealedDataKeyResult {
    Bytes ciphertext;
    std::string_view key_id, material;
};
struct DataKeyResult : SealedDataKeyResult {
    Bytes plaintext;
};
struct GenerateRandom {
    std::optional<int32_t> bytes;
    OptionalText key_store;
    std::optional<Recipient> recipient;
};
struct GenerateRandomResult {
    Bytes plaintext;
};

struct EnableKeyRotation : KeyReference {
    std::optional<int32_t> days;
};
struct GetKeyRotationStatusResult {
    bool enabled = false;
    std::string_view key_id;
    std::optional<int32_t> days;
    OptionalTime next;
};
struct ListKeyRotations : KeyPage {
    OptionalText include;
};
struct Rotation {
    std::string_view key_id, material, state;
    OptionalTime at;
    OptionalText type;
};
struct ListKeyRotationsResult : PageResult {
    std::vector<Rotation> rotations;
};

struct GetKeyPolicy : KeyReference {
    OptionalText name;
};
struct GetKeyPolicyResult {
    std::string_view policy, name;
};
struct PutKeyPolicy : KeyReference {
    OptionalText name, policy;
    std::optional<bool> bypass_lockout_check;
};
struct ListKeyPolicies : KeyPage {};
struct ListKeyPoliciesResult : PageResult {
    std::vector<std::string_view> names;
};

struct TagResource : KeyReference {
    std::optional<Tags> tags;
};
struct UntagResource : KeyReference {
    OptionalTexts keys;
};
struct ListResourceTags : KeyPage {};
struct ListResourceTagsResult : PageResult {
    Tags tags;
};

}  // namespace fors::kms
