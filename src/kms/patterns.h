// SPDX-License-Identifier: Apache-2.0
// The patterns and enums of the KMS model: each as AWS prints it, with a whole-string test.
#pragma once

#include <array>
#include <string_view>

#include "wire/shape.h"

namespace fors::kms {

bool is_policy_text(std::string_view text);   // [\u0009\u000A\u000D\u0020-\u00FF]+
bool is_external_key(std::string_view text);  // ^[a-zA-Z0-9-_.]+$
bool is_material_id(std::string_view text);   // ^[a-f0-9]+$
bool is_latin_text(std::string_view text);    // [\u0020-\u00FF]*
bool is_alias_name(std::string_view text);    // ^[a-zA-Z0-9:/_-]+$
bool is_word(std::string_view text);          // [\w]+

inline constexpr std::array<std::string_view, 1> recipient_algorithm_values{"RSAES_OAEP_SHA_256"};
inline constexpr std::array<std::string_view, 5> key_usage_values{
    "SIGN_VERIFY", "ENCRYPT_DECRYPT", "GENERATE_VERIFY_MAC", "KEY_AGREEMENT",
    "ENCAPSULATE_DECAPSULATE"};
inline constexpr std::array<std::string_view, 13> master_key_spec_values{"RSA_2048",
                                                                         "RSA_3072",
                                                                         "RSA_4096",
                                                                         "ECC_NIST_P256",
                                                                         "ECC_NIST_P384",
                                                                         "ECC_NIST_P521",
                                                                         "ECC_SECG_P256K1",
                                                                         "SYMMETRIC_DEFAULT",
                                                                         "HMAC_224",
                                                                         "HMAC_256",
                                                                         "HMAC_384",
                                                                         "HMAC_512",
                                                                         "SM2"};
inline constexpr std::array<std::string_view, 20> key_spec_values{"RSA_2048",
                                                                  "RSA_3072",
                                                                  "RSA_4096",
                                                                  "ECC_NIST_P256",
                                                                  "ECC_NIST_P384",
                                                                  "ECC_NIST_P521",
                                                                  "ECC_SECG_P256K1",
                                                                  "SYMMETRIC_DEFAULT",
                                                                  "HMAC_224",
                                                                  "HMAC_256",
                                                                  "HMAC_384",
                                                                  "HMAC_512",
                                                                  "SM2",
                                                                  "ML_DSA_44",
                                                                  "ML_DSA_65",
                                                                  "ML_DSA_87",
                                                                  "ECC_NIST_EDWARDS25519",
                                                                  "ML_KEM_512",
                                                                  "ML_KEM_768",
                                                                  "ML_KEM_1024"};
inline constexpr std::array<std::string_view, 2> resource_owner_values{"SELF",
                                                                       "OTHER_ACCOUNTS_VIA_RAM"};
inline constexpr std::array<std::string_view, 4> origin_values{
    "AWS_KMS", "EXTERNAL", "AWS_CLOUDHSM", "EXTERNAL_KEY_STORE"};
inline constexpr std::array<std::string_view, 8> key_state_values{
    "Creating",        "Enabled",       "Disabled",
    "PendingDeletion", "PendingImport", "PendingReplicaDeletion",
    "Unavailable",     "Updating"};
inline constexpr std::array<std::string_view, 2> key_manager_values{"AWS", "CUSTOMER"};
inline constexpr std::array<std::string_view, 4> algorithm_values{
    "SYMMETRIC_DEFAULT", "RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256", "SM2PKE"};
inline constexpr std::array<std::string_view, 1> dry_run_modifier_values{"IGNORE_CIPHERTEXT"};
inline constexpr std::array<std::string_view, 2> data_key_spec_values{"AES_256", "AES_128"};
inline constexpr std::array<std::string_view, 2> include_material_values{"ALL_KEY_MATERIAL",
                                                                         "ROTATIONS_ONLY"};
inline constexpr std::array<std::string_view, 4> material_state_values{
    "NON_CURRENT", "CURRENT", "PENDING_ROTATION", "PENDING_MULTI_REGION_IMPORT_AND_ROTATION"};
inline constexpr std::array<std::string_view, 2> rotation_type_values{"AUTOMATIC", "ON_DEMAND"};

inline constexpr wire::Limits tag_key_limits{.min = 1, .max = 128};
inline constexpr wire::Limits tag_value_limits{.min = 0, .max = 256};
inline constexpr wire::Limits recipient_algorithm_limits{.values = recipient_algorithm_values};
inline constexpr wire::Limits attestation_limits{.min = 1, .max = 262144};
inline constexpr wire::Limits policy_limits{.min = 1,
                                            .max = 131072,
                                            .pattern = R"([\u0009\u000A\u000D\u0020-\u00FF]+)",
                                            .matches = is_policy_text};
inline constexpr wire::Limits description_limits{.min = 0, .max = 8192};
inline constexpr wire::Limits key_usage_limits{.values = key_usage_values};
inline constexpr wire::Limits master_key_spec_limits{.values = master_key_spec_values};
inline constexpr wire::Limits key_spec_limits{.values = key_spec_values};
inline constexpr wire::Limits origin_limits{.values = origin_values};
inline constexpr wire::Limits key_store_limits{.min = 1, .max = 64};
inline constexpr wire::Limits external_key_limits{
    .min = 1, .max = 128, .pattern = R"(^[a-zA-Z0-9-_.]+$)", .matches = is_external_key};
inline constexpr wire::Limits key_id_limits{.min = 1, .max = 2048};
inline constexpr wire::Limits arn_limits{.min = 20, .max = 2048};
inline constexpr wire::Limits key_state_limits{.values = key_state_values};
inline constexpr wire::Limits key_manager_limits{.values = key_manager_values};
inline constexpr wire::Limits algorithm_limits{.values = algorithm_values};
inline constexpr wire::Limits algorithms_limits{.element = &algorithm_limits};
inline constexpr wire::Limits material_id_limits{
    .min = 64, .max = 64, .pattern = R"(^[a-f0-9]+$)", .matches = is_material_id};
inline constexpr wire::Limits grant_token_limits{.min = 1, .max = 8192};
inline constexpr wire::Limits grant_tokens_limits{
    .min = 0, .max = 10, .element = &grant_token_limits};
inline constexpr wire::Limits page_limits{.min = 1, .max = 1000};
inline constexpr wire::Limits marker_limits{
    .min = 1, .max = 1024, .pattern = R"([\u0020-\u00FF]*)", .matches = is_latin_text};
inline constexpr wire::Limits resource_owner_limits{.values = resource_owner_values};
inline constexpr wire::Limits resource_owners_limits{
    .min = 1, .max = 2, .element = &resource_owner_limits};
inline constexpr wire::Limits window_days_limits{.min = 1, .max = 365};
inline constexpr wire::Limits alias_name_limits{
    .min = 1, .max = 256, .pattern = R"(^[a-zA-Z0-9:/_-]+$)", .matches = is_alias_name};
inline constexpr wire::Limits plaintext_limits{.min = 1, .max = 4096};
inline constexpr wire::Limits ciphertext_limits{.min = 1, .max = 6144};
inline constexpr wire::Limits dry_run_modifier_limits{.values = dry_run_modifier_values};
inline constexpr wire::Limits dry_run_modifiers_limits{.element = &dry_run_modifier_limits};
inline constexpr wire::Limits byte_count_limits{.min = 1, .max = 1024};
inline constexpr wire::Limits data_key_spec_limits{.values = data_key_spec_values};
inline constexpr wire::Limits rotation_days_limits{.min = 90, .max = 2560};
inline constexpr wire::Limits include_material_limits{.values = include_material_values};
inline constexpr wire::Limits material_state_limits{.values = material_state_values};
inline constexpr wire::Limits rotation_type_limits{.values = rotation_type_values};
inline constexpr wire::Limits policy_name_limits{
    .min = 1, .max = 128, .pattern = R"([\w]+)", .matches = is_word};
inline constexpr wire::Limits policy_names_limits{.element = &policy_name_limits};
inline constexpr wire::Limits tag_keys_limits{.element = &tag_key_limits};

}  // namespace fors::kms
