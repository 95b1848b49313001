// SPDX-License-Identifier: Apache-2.0
// Tables of kms/shapes.h: names on the wire and constraints; compared with the published model by
// test/conformance.
#pragma once

#include "kms/patterns.h"
#include "kms/shapes.h"

namespace fors::wire {

namespace k = fors::kms;

template <>
struct Shape<k::Tag> {
    static constexpr std::string_view name = "Tag";
    static constexpr Field fields[] = {
        field<&k::Tag::key>("TagKey", required, k::tag_key_limits),
        field<&k::Tag::value>("TagValue", required, k::tag_value_limits),
    };
};

template <>
struct Shape<k::Recipient> {
    static constexpr std::string_view name = "RecipientInfo";
    static constexpr Field fields[] = {
        field<&k::Recipient::algorithm>("KeyEncryptionAlgorithm", optional,
                                        k::recipient_algorithm_limits),
        field<&k::Recipient::attestation>("AttestationDocument", optional, k::attestation_limits),
    };
};

template <>
struct Shape<k::CreateKey> {
    static constexpr std::string_view name = "CreateKeyRequest";
    static constexpr Field fields[] = {
        field<&k::CreateKey::policy>("Policy", optional, k::policy_limits),
        field<&k::CreateKey::description>("Description", optional, k::description_limits),
        field<&k::CreateKey::key_usage>("KeyUsage", optional, k::key_usage_limits),
        field<&k::CreateKey::master_key_spec>("CustomerMasterKeySpec", optional,
                                              k::master_key_spec_limits),
        field<&k::CreateKey::key_spec>("KeySpec", optional, k::key_spec_limits),
        field<&k::CreateKey::origin>("Origin", optional, k::origin_limits),
        field<&k::CreateKey::key_store>("CustomKeyStoreId", optional, k::key_store_limits),
        field<&k::CreateKey::bypass_lockout_check>("BypassPolicyLockoutSafetyCheck"),
        field<&k::CreateKey::tags>("Tags"),
        field<&k::CreateKey::multi_region>("MultiRegion"),
        field<&k::CreateKey::external_key>("XksKeyId", optional, k::external_key_limits),
    };
};

template <>
struct Shape<k::KeyMetadata> {
    static constexpr std::string_view name = "KeyMetadata";
    static constexpr Field fields[] = {
        field<&k::KeyMetadata::account>("AWSAccountId"),
        field<&k::KeyMetadata::key_id>("KeyId", required, k::key_id_limits),
        field<&k::KeyMetadata::arn>("Arn", optional, k::arn_limits),
        field<&k::KeyMetadata::created>("CreationDate"),
        field<&k::KeyMetadata::enabled>("Enabled"),
        field<&k::KeyMetadata::description>("Description", optional, k::description_limits),
        field<&k::KeyMetadata::key_usage>("KeyUsage", optional, k::key_usage_limits),
        field<&k::KeyMetadata::key_state>("KeyState", optional, k::key_state_limits),
        field<&k::KeyMetadata::deletion_date>("DeletionDate"),
        field<&k::KeyMetadata::origin>("Origin", optional, k::origin_limits),
        field<&k::KeyMetadata::key_manager>("KeyManager", optional, k::key_manager_limits),
        field<&k::KeyMetadata::master_key_spec>("CustomerMasterKeySpec", optional,
                                                k::master_key_spec_limits),
        field<&k::KeyMetadata::key_spec>("KeySpec", optional, k::key_spec_limits),
        field<&k::KeyMetadata::encryption_algorithms>("EncryptionAlgorithms", optional,
                                                      k::algorithms_limits),
        field<&k::KeyMetadata::multi_region>("MultiRegion"),
        field<&k::KeyMetadata::current_material>("CurrentKeyMaterialId", optional,
                                                 k::material_id_limits),
    };
};

template <>
struct Shape<k::KeyMetadataResult> {
    static constexpr std::string_view name = "CreateKeyResponse";
    static constexpr Field fields[] = {
        field<&k::KeyMetadataResult::metadata>("KeyMetadata"),
    };
};

template <>
struct Shape<k::DescribeKey> {
    static constexpr std::string_view name = "DescribeKeyRequest";
    static constexpr Field fields[] = {
        field<&k::DescribeKey::key_id>("KeyId", required, k::key_id_limits),
        field<&k::DescribeKey::grant_tokens>("GrantTokens", optional, k::grant_tokens_limits),
    };
};

template <>
struct Shape<k::EnableKey> {
    static constexpr std::string_view name = "EnableKeyRequest";
    static constexpr Field fields[] = {
        field<&k::EnableKey::key_id>("KeyId", required, k::key_id_limits),
    };
};

template <>
struct Shape<k::DisableKey> {
    static constexpr std::string_view name = "DisableKeyRequest";
    static constexpr Field fields[] = {
        field<&k::DisableKey::key_id>("KeyId", required, k::key_id_limits),
    };
};

template <>
struct Shape<k::CancelKeyDeletion> {
    static constexpr std::string_view name = "CancelKeyDeletionRequest";
    static constexpr Field fields[] = {
        field<&k::CancelKeyDeletion::key_id>("KeyId", required, k::key_id_limits),
    };
};

template <>
struct Shape<k::RotateKeyOnDemand> {
    static constexpr std::string_view name = "RotateKeyOnDemandRequest";
    static constexpr Field fields[] = {
        field<&k::RotateKeyOnDemand::key_id>("KeyId", required, k::key_id_limits),
    };
};

template <>
struct Shape<k::DisableKeyRotation> {
    static constexpr std::string_view name = "DisableKeyRotationRequest";
    static constexpr Field fields[] = {
        field<&k::DisableKeyRotation::key_id>("KeyId", required, k::key_id_limits),
    };
};

template <>
struct Shape<k::GetKeyRotationStatus> {
    static constexpr std::string_view name = "GetKeyRotationStatusRequest";
    static constexpr Field fields[] = {
        field<&k::GetKeyRotationStatus::key_id>("KeyId", required, k::key_id_limits),
    };
};

template <>
struct Shape<k::KeyIdResult> {
    static constexpr std::string_view name = "CancelKeyDeletionResponse";
    static constexpr Field fields[] = {
        field<&k::KeyIdResult::key_id>("KeyId", optional, k::key_id_limits),
    };
};

template <>
struct Shape<k::KeyListEntry> {
    static constexpr std::string_view name = "KeyListEntry";
    static constexpr Field fields[] = {
        field<&k::KeyListEntry::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::KeyListEntry::arn>("KeyArn", optional, k::arn_limits),
    };
};

template <>
struct Shape<k::ListKeys> {
    static constexpr std::string_view name = "ListKeysRequest";
    static constexpr Field fields[] = {
        field<&k::ListKeys::limit>("Limit", optional, k::page_limits),
        field<&k::ListKeys::marker>("Marker", optional, k::marker_limits),
        field<&k::ListKeys::owners>("ResourceOwners", optional, k::resource_owners_limits),
    };
};

template <>
struct Shape<k::ListKeysResult> {
    static constexpr std::string_view name = "ListKeysResponse";
    static constexpr Field fields[] = {
        field<&k::ListKeysResult::keys>("Keys"),
        field<&k::ListKeysResult::next_marker>("NextMarker", optional, k::marker_limits),
        field<&k::ListKeysResult::truncated>("Truncated"),
    };
};

template <>
struct Shape<k::UpdateKeyDescription> {
    static constexpr std::string_view name = "UpdateKeyDescriptionRequest";
    static constexpr Field fields[] = {
        field<&k::UpdateKeyDescription::key_id>("KeyId", required, k::key_id_limits),
        field<&k::UpdateKeyDescription::description>("Description", required,
                                                     k::description_limits),
    };
};

template <>
struct Shape<k::ScheduleKeyDeletion> {
    static constexpr std::string_view name = "ScheduleKeyDeletionRequest";
    static constexpr Field fields[] = {
        field<&k::ScheduleKeyDeletion::key_id>("KeyId", required, k::key_id_limits),
        field<&k::ScheduleKeyDeletion::days>("PendingWindowInDays", optional,
                                             k::window_days_limits),
    };
};

template <>
struct Shape<k::ScheduleKeyDeletionResult> {
    static constexpr std::string_view name = "ScheduleKeyDeletionResponse";
    static constexpr Field fields[] = {
        field<&k::ScheduleKeyDeletionResult::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::ScheduleKeyDeletionResult::deletion_date>("DeletionDate"),
        field<&k::ScheduleKeyDeletionResult::key_state>("KeyState", optional, k::key_state_limits),
        field<&k::ScheduleKeyDeletionResult::days>("PendingWindowInDays", optional,
                                                   k::window_days_limits),
    };
};

template <>
struct Shape<k::CreateAlias> {
    static constexpr std::string_view name = "CreateAliasRequest";
    static constexpr Field fields[] = {
        field<&k::CreateAlias::name>("AliasName", required, k::alias_name_limits),
        field<&k::CreateAlias::target>("TargetKeyId", required, k::key_id_limits),
    };
};

template <>
struct Shape<k::UpdateAlias> {
    static constexpr std::string_view name = "UpdateAliasRequest";
    static constexpr Field fields[] = {
        field<&k::UpdateAlias::name>("AliasName", required, k::alias_name_limits),
        field<&k::UpdateAlias::target>("TargetKeyId", required, k::key_id_limits),
    };
};

template <>
struct Shape<k::DeleteAlias> {
    static constexpr std::string_view name = "DeleteAliasRequest";
    static constexpr Field fields[] = {
        field<&k::DeleteAlias::name>("AliasName", required, k::alias_name_limits),
    };
};

template <>
struct Shape<k::ListAliases> {
    static constexpr std::string_view name = "ListAliasesRequest";
    static constexpr Field fields[] = {
        field<&k::ListAliases::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::ListAliases::limit>("Limit", optional, k::page_limits),
        field<&k::ListAliases::marker>("Marker", optional, k::marker_limits),
    };
};

template <>
struct Shape<k::AliasListEntry> {
    static constexpr std::string_view name = "AliasListEntry";
    static constexpr Field fields[] = {
        field<&k::AliasListEntry::name>("AliasName", optional, k::alias_name_limits),
        field<&k::AliasListEntry::arn>("AliasArn", optional, k::arn_limits),
        field<&k::AliasListEntry::target>("TargetKeyId", optional, k::key_id_limits),
        field<&k::AliasListEntry::created>("CreationDate"),
        field<&k::AliasListEntry::updated>("LastUpdatedDate"),
    };
};

template <>
struct Shape<k::ListAliasesResult> {
    static constexpr std::string_view name = "ListAliasesResponse";
    static constexpr Field fields[] = {
        field<&k::ListAliasesResult::aliases>("Aliases"),
        field<&k::ListAliasesResult::next_marker>("NextMarker", optional, k::marker_limits),
        field<&k::ListAliasesResult::truncated>("Truncated"),
    };
};

template <>
struct Shape<k::Encrypt> {
    static constexpr std::string_view name = "EncryptRequest";
    static constexpr Field fields[] = {
        field<&k::Encrypt::key_id>("KeyId", required, k::key_id_limits),
        field<&k::Encrypt::plaintext>("Plaintext", required, k::plaintext_limits),
        field<&k::Encrypt::context>("EncryptionContext"),
        field<&k::Encrypt::grant_tokens>("GrantTokens", optional, k::grant_tokens_limits),
        field<&k::Encrypt::algorithm>("EncryptionAlgorithm", optional, k::algorithm_limits),
        field<&k::Encrypt::dry_run>("DryRun"),
    };
};

template <>
struct Shape<k::EncryptResult> {
    static constexpr std::string_view name = "EncryptResponse";
    static constexpr Field fields[] = {
        field<&k::EncryptResult::ciphertext>("CiphertextBlob", optional, k::ciphertext_limits),
        field<&k::EncryptResult::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::EncryptResult::algorithm>("EncryptionAlgorithm", optional, k::algorithm_limits),
    };
};

template <>
struct Shape<k::Decrypt> {
    static constexpr std::string_view name = "DecryptRequest";
    static constexpr Field fields[] = {
        field<&k::Decrypt::ciphertext>("CiphertextBlob", optional, k::ciphertext_limits),
        field<&k::Decrypt::context>("EncryptionContext"),
        field<&k::Decrypt::grant_tokens>("GrantTokens", optional, k::grant_tokens_limits),
        field<&k::Decrypt::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::Decrypt::algorithm>("EncryptionAlgorithm", optional, k::algorithm_limits),
        field<&k::Decrypt::recipient>("Recipient"),
        field<&k::Decrypt::dry_run>("DryRun"),
        field<&k::Decrypt::dry_run_modifiers>("DryRunModifiers", optional,
                                              k::dry_run_modifiers_limits),
    };
};

template <>
struct Shape<k::DecryptResult> {
    static constexpr std::string_view name = "DecryptResponse";
    static constexpr Field fields[] = {
        field<&k::DecryptResult::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::DecryptResult::plaintext>("Plaintext", optional, k::plaintext_limits),
        field<&k::DecryptResult::algorithm>("EncryptionAlgorithm", optional, k::algorithm_limits),
        field<&k::DecryptResult::material>("KeyMaterialId", optional, k::material_id_limits),
    };
};

template <>
struct Shape<k::ReEncrypt> {
    static constexpr std::string_view name = "ReEncryptRequest";
    static constexpr Field fields[] = {
        field<&k::ReEncrypt::ciphertext>("CiphertextBlob", optional, k::ciphertext_limits),
        field<&k::ReEncrypt::source_context>("SourceEncryptionContext"),
        field<&k::ReEncrypt::source_key>("SourceKeyId", optional, k::key_id_limits),
        field<&k::ReEncrypt::key_id>("DestinationKeyId", required, k::key_id_limits),
        field<&k::ReEncrypt::context>("DestinationEncryptionContext"),
        field<&k::ReEncrypt::source_algorithm>("SourceEncryptionAlgorithm", optional,
                                               k::algorithm_limits),
        field<&k::ReEncrypt::algorithm>("DestinationEncryptionAlgorithm", optional,
                                        k::algorithm_limits),
        field<&k::ReEncrypt::grant_tokens>("GrantTokens", optional, k::grant_tokens_limits),
        field<&k::ReEncrypt::dry_run>("DryRun"),
        field<&k::ReEncrypt::dry_run_modifiers>("DryRunModifiers", optional,
                                                k::dry_run_modifiers_limits),
    };
};

template <>
struct Shape<k::ReEncryptResult> {
    static constexpr std::string_view name = "ReEncryptResponse";
    static constexpr Field fields[] = {
        field<&k::ReEncryptResult::ciphertext>("CiphertextBlob", optional, k::ciphertext_limits),
        field<&k::ReEncryptResult::source_key>("SourceKeyId", optional, k::key_id_limits),
        field<&k::ReEncryptResult::key>("KeyId", optional, k::key_id_limits),
        field<&k::ReEncryptResult::source_algorithm>("SourceEncryptionAlgorithm", optional,
                                                     k::algorithm_limits),
        field<&k::ReEncryptResult::algorithm>("DestinationEncryptionAlgorithm", optional,
                                              k::algorithm_limits),
        field<&k::ReEncryptResult::source_material>("SourceKeyMaterialId", optional,
                                                    k::material_id_limits),
        field<&k::ReEncryptResult::material>("DestinationKeyMaterialId", optional,
                                             k::material_id_limits),
    };
};

template <>
struct Shape<k::GenerateDataKey> {
    static constexpr std::string_view name = "GenerateDataKeyRequest";
    static constexpr Field fields[] = {
        field<&k::GenerateDataKey::key_id>("KeyId", required, k::key_id_limits),
        field<&k::GenerateDataKey::context>("EncryptionContext"),
        field<&k::GenerateDataKey::bytes>("NumberOfBytes", optional, k::byte_count_limits),
        field<&k::GenerateDataKey::key_spec>("KeySpec", optional, k::data_key_spec_limits),
        field<&k::GenerateDataKey::grant_tokens>("GrantTokens", optional, k::grant_tokens_limits),
        field<&k::GenerateDataKey::recipient>("Recipient"),
        field<&k::GenerateDataKey::dry_run>("DryRun"),
    };
};

template <>
struct Shape<k::GenerateDataKeyWithoutPlaintext> {
    static constexpr std::string_view name = "GenerateDataKeyWithoutPlaintextRequest";
    static constexpr Field fields[] = {
        field<&k::GenerateDataKeyWithoutPlaintext::key_id>("KeyId", required, k::key_id_limits),
        field<&k::GenerateDataKeyWithoutPlaintext::context>("EncryptionContext"),
        field<&k::GenerateDataKeyWithoutPlaintext::key_spec>("KeySpec", optional,
                                                             k::data_key_spec_limits),
        field<&k::GenerateDataKeyWithoutPlaintext::bytes>("NumberOfBytes", optional,
                                                          k::byte_count_limits),
        field<&k::GenerateDataKeyWithoutPlaintext::grant_tokens>("GrantTokens", optional,
                                                                 k::grant_tokens_limits),
        field<&k::GenerateDataKeyWithoutPlaintext::dry_run>("DryRun"),
    };
};

template <>
struct Shape<k::SealedDataKeyResult> {
    static constexpr std::string_view name = "GenerateDataKeyWithoutPlaintextResponse";
    static constexpr Field fields[] = {
        field<&k::SealedDataKeyResult::ciphertext>("CiphertextBlob", optional,
                                                   k::ciphertext_limits),
        field<&k::SealedDataKeyResult::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::SealedDataKeyResult::material>("KeyMaterialId", optional, k::material_id_limits),
    };
};

template <>
struct Shape<k::DataKeyResult> {
    static constexpr std::string_view name = "GenerateDataKeyResponse";
    static constexpr Field fields[] = {
        field<&k::DataKeyResult::ciphertext>("CiphertextBlob", optional, k::ciphertext_limits),
        field<&k::DataKeyResult::plaintext>("Plaintext", optional, k::plaintext_limits),
        field<&k::DataKeyResult::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::DataKeyResult::material>("KeyMaterialId", optional, k::material_id_limits),
    };
};

template <>
struct Shape<k::GenerateRandom> {
    static constexpr std::string_view name = "GenerateRandomRequest";
    static constexpr Field fields[] = {
        field<&k::GenerateRandom::bytes>("NumberOfBytes", optional, k::byte_count_limits),
        field<&k::GenerateRandom::key_store>("CustomKeyStoreId", optional, k::key_store_limits),
        field<&k::GenerateRandom::recipient>("Recipient"),
    };
};

template <>
struct Shape<k::GenerateRandomResult> {
    static constexpr std::string_view name = "GenerateRandomResponse";
    static constexpr Field fields[] = {
        field<&k::GenerateRandomResult::plaintext>("Plaintext", optional, k::plaintext_limits),
    };
};

template <>
struct Shape<k::EnableKeyRotation> {
    static constexpr std::string_view name = "EnableKeyRotationRequest";
    static constexpr Field fields[] = {
        field<&k::EnableKeyRotation::key_id>("KeyId", required, k::key_id_limits),
        field<&k::EnableKeyRotation::days>("RotationPeriodInDays", optional,
                                           k::rotation_days_limits),
    };
};

template <>
struct Shape<k::GetKeyRotationStatusResult> {
    static constexpr std::string_view name = "GetKeyRotationStatusResponse";
    static constexpr Field fields[] = {
        field<&k::GetKeyRotationStatusResult::enabled>("KeyRotationEnabled"),
        field<&k::GetKeyRotationStatusResult::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::GetKeyRotationStatusResult::days>("RotationPeriodInDays", optional,
                                                    k::rotation_days_limits),
        field<&k::GetKeyRotationStatusResult::next>("NextRotationDate"),
    };
};

template <>
struct Shape<k::ListKeyRotations> {
    static constexpr std::string_view name = "ListKeyRotationsRequest";
    static constexpr Field fields[] = {
        field<&k::ListKeyRotations::key_id>("KeyId", required, k::key_id_limits),
        field<&k::ListKeyRotations::include>("IncludeKeyMaterial", optional,
                                             k::include_material_limits),
        field<&k::ListKeyRotations::limit>("Limit", optional, k::page_limits),
        field<&k::ListKeyRotations::marker>("Marker", optional, k::marker_limits),
    };
};

template <>
struct Shape<k::Rotation> {
    static constexpr std::string_view name = "RotationsListEntry";
    static constexpr Field fields[] = {
        field<&k::Rotation::key_id>("KeyId", optional, k::key_id_limits),
        field<&k::Rotation::material>("KeyMaterialId", optional, k::material_id_limits),
        field<&k::Rotation::state>("KeyMaterialState", optional, k::material_state_limits),
        field<&k::Rotation::at>("RotationDate"),
        field<&k::Rotation::type>("RotationType", optional, k::rotation_type_limits),
    };
};

template <>
struct Shape<k::ListKeyRotationsResult> {
    static constexpr std::string_view name = "ListKeyRotationsResponse";
    static constexpr Field fields[] = {
        field<&k::ListKeyRotationsResult::rotations>("Rotations"),
        field<&k::ListKeyRotationsResult::next_marker>("NextMarker", optional, k::marker_limits),
        field<&k::ListKeyRotationsResult::truncated>("Truncated"),
    };
};

template <>
struct Shape<k::GetKeyPolicy> {
    static constexpr std::string_view name = "GetKeyPolicyRequest";
    static constexpr Field fields[] = {
        field<&k::GetKeyPolicy::key_id>("KeyId", required, k::key_id_limits),
        field<&k::GetKeyPolicy::name>("PolicyName", optional, k::policy_name_limits),
    };
};

template <>
struct Shape<k::GetKeyPolicyResult> {
    static constexpr std::string_view name = "GetKeyPolicyResponse";
    static constexpr Field fields[] = {
        field<&k::GetKeyPolicyResult::policy>("Policy", optional, k::policy_limits),
        field<&k::GetKeyPolicyResult::name>("PolicyName", optional, k::policy_name_limits),
    };
};

template <>
struct Shape<k::PutKeyPolicy> {
    static constexpr std::string_view name = "PutKeyPolicyRequest";
    static constexpr Field fields[] = {
        field<&k::PutKeyPolicy::key_id>("KeyId", required, k::key_id_limits),
        field<&k::PutKeyPolicy::name>("PolicyName", optional, k::policy_name_limits),
        field<&k::PutKeyPolicy::policy>("Policy", required, k::policy_limits),
        field<&k::PutKeyPolicy::bypass_lockout_check>("BypassPolicyLockoutSafetyCheck"),
    };
};

template <>
struct Shape<k::ListKeyPolicies> {
    static constexpr std::string_view name = "ListKeyPoliciesRequest";
    static constexpr Field fields[] = {
        field<&k::ListKeyPolicies::key_id>("KeyId", required, k::key_id_limits),
        field<&k::ListKeyPolicies::limit>("Limit", optional, k::page_limits),
        field<&k::ListKeyPolicies::marker>("Marker", optional, k::marker_limits),
    };
};

template <>
struct Shape<k::ListKeyPoliciesResult> {
    static constexpr std::string_view name = "ListKeyPoliciesResponse";
    static constexpr Field fields[] = {
        field<&k::ListKeyPoliciesResult::names>("PolicyNames", optional, k::policy_names_limits),
        field<&k::ListKeyPoliciesResult::next_marker>("NextMarker", optional, k::marker_limits),
        field<&k::ListKeyPoliciesResult::truncated>("Truncated"),
    };
};

template <>
struct Shape<k::TagResource> {
    static constexpr std::string_view name = "TagResourceRequest";
    static constexpr Field fields[] = {
        field<&k::TagResource::key_id>("KeyId", required, k::key_id_limits),
        field<&k::TagResource::tags>("Tags", required),
    };
};

template <>
struct Shape<k::UntagResource> {
    static constexpr std::string_view name = "UntagResourceRequest";
    static constexpr Field fields[] = {
        field<&k::UntagResource::key_id>("KeyId", required, k::key_id_limits),
        field<&k::UntagResource::keys>("TagKeys", required, k::tag_keys_limits),
    };
};

template <>
struct Shape<k::ListResourceTags> {
    static constexpr std::string_view name = "ListResourceTagsRequest";
    static constexpr Field fields[] = {
        field<&k::ListResourceTags::key_id>("KeyId", required, k::key_id_limits),
        field<&k::ListResourceTags::limit>("Limit", optional, k::page_limits),
        field<&k::ListResourceTags::marker>("Marker", optional, k::marker_limits),
    };
};

template <>
struct Shape<k::ListResourceTagsResult> {
    static constexpr std::string_view name = "ListResourceTagsResponse";
    static constexpr Field fields[] = {
        field<&k::ListResourceTagsResult::tags>("Tags"),
        field<&k::ListResourceTagsResult::next_marker>("NextMarker", optional, k::marker_limits),
        field<&k::ListResourceTagsResult::truncated>("Truncated"),
    };
};

}  // namespace fors::wire
