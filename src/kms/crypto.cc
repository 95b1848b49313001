// SPDX-License-Identifier: Apache-2.0
// Encrypt, Decrypt, ReEncrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, GenerateRandom.
#include <algorithm>
#include <array>

#include "base/assert.h"
#include "base/concat.h"
#include "kms/kms.h"

namespace fors::kms {

namespace {

constexpr std::string_view symmetric = "SYMMETRIC_DEFAULT";

std::byte* bytes_of(std::string& text) { return reinterpret_cast<std::byte*>(text.data()); }

// What wraps a key's material is bound to the key.
std::string material_bound(std::string_view key_id) { return concat("material\n", key_id); }

std::optional<Error> check_algorithm(const OptionalText& algorithm) {
    if (algorithm.value_or(symmetric) == symmetric) return std::nullopt;
    return Error{Code::unsupported,
                 concat("EncryptionAlgorithm ", *algorithm, " is not one of a symmetric key.")};
}

std::optional<Error> check_recipient(const std::optional<Recipient>& recipient) {
    if (!recipient) return std::nullopt;
    return Error{Code::unsupported,
                 "Recipients in Nitro enclaves are not implemented by this version of fors."};
}

// Of what takes a ciphertext.
std::optional<Error> check_reading(const auto& in) {
    if (auto fault = check_grants(in)) return fault;
    if (in.dry_run_modifiers && !in.dry_run_modifiers->empty())
        return Error{Code::unsupported,
                     "DryRunModifiers are not implemented by this version of fors."};
    if (!in.ciphertext)
        return Error{Code::validation,
                     "1 validation error detected: Value null at 'ciphertextBlob' failed to "
                     "satisfy constraint: Member must not be null"};
    return std::nullopt;
}

std::optional<Error> check_dry_run(const CryptoRequest& in) {
    if (!in.dry_run.value_or(false)) return std::nullopt;
    return Error{Code::dry_run, "The request would have succeeded, but the DryRun option is set."};
}

const wire::Map& or_empty(const OptionalMap& map) {
    static const wire::Map none;
    return map ? *map : none;
}

}  // namespace

std::string Kms::new_material(std::string_view key_id) {
    core::AesKey plain{};
    env_.random.fill(plain);
    const core::GcmNonce nonce = nonces_.next();
    std::string wrapped;
    append(wrapped, Bytes(nonce));
    wrapped.resize(nonce.size() + plain.size() + core::gcm_tag_bytes);
    const Bytes part(plain);
    root_->seal(nonce, as_bytes(material_bound(key_id)), {&part, 1},
                bytes_of(wrapped) + nonce.size());
    return wrapped;
}

core::AesGcm& Kms::cipher_of(const Key& key, uint32_t material) {
    const auto known = ciphers_.find({key.id, material});
    if (known != ciphers_.end()) return known->second;
    const Bytes wrapped = as_bytes(key.materials.at(material - 1).wrapped);
    core::GcmNonce nonce{};
    std::ranges::copy_n(wrapped.begin(), nonce.size(), nonce.begin());
    core::AesKey plain{};
    const bool opened = root_->open(nonce, as_bytes(material_bound(key.id)),
                                    wrapped.subspan(nonce.size()), plain.data());
    FORS_ASSERT(opened);  // the root key was checked, and the log has checksums
    return ciphers_.emplace(std::pair(key.id, material), core::AesGcm(plain)).first->second;
}

std::string Kms::seal_with(const Key& key, const wire::Map& context, Bytes plaintext) {
    const uint32_t newest = key.materials.back().number;
    return make_ciphertext(cipher_of(key, newest), nonces_.next(), {key.id, newest}, context,
                           plaintext);
}

Result<Kms::Opened> Kms::open_ciphertext(const Context& context, Bytes ciphertext,
                                         const OptionalText& key_id, const OptionalMap& bound,
                                         std::string_view action) {
    const auto head = head_of(ciphertext);
    if (!head) return fail(Code::invalid_ciphertext, "");
    const Key* key = keyring_.find(head->key_id);
    if (!key || (key->deletion_ms && *key->deletion_ms <= context.now_ms) ||
        key->region != context.caller.region)
        return fail(Code::key_access_denied,
                    "The ciphertext refers to a customer master key that does not exist, does not "
                    "exist in this region, or you are not allowed to access.");
    if (key_id) {
        auto wanted = find(scope_of(context), *key_id, true);
        if (!wanted) return std::unexpected(std::move(wanted.error()));
        if (*wanted != key)
            return fail(Code::incorrect_key,
                        "The key ID in the request does not identify a CMK that can perform this "
                        "operation.");
    }
    if (auto fault = authorize(context, *key, action, bound ? &*bound : nullptr))
        return std::unexpected(std::move(*fault));
    if (auto fault = check_usable(*key)) return std::unexpected(std::move(*fault));
    if (head->material == 0 || head->material > key->materials.size())
        return fail(Code::invalid_ciphertext, "");
    auto plaintext = read_ciphertext(cipher_of(*key, head->material), or_empty(bound), ciphertext);
    if (!plaintext) return fail(Code::invalid_ciphertext, "");
    return Opened{key, head->material, std::move(*plaintext)};
}

Kms::Answer<EncryptResult> Kms::encrypt(Context& context, const Encrypt& in) {
    if (auto fault = check_algorithm(in.algorithm)) co_return std::unexpected(std::move(*fault));
    auto key = find_usable(context, in);
    if (!key) co_return std::unexpected(std::move(key.error()));
    if (auto fault = check_dry_run(in)) co_return std::unexpected(std::move(*fault));
    const std::string sealed = seal_with(**key, or_empty(in.context), *in.plaintext);
    co_return EncryptResult{.ciphertext = as_bytes(context.arena.copy(sealed)),
                            .key_id = context.arena.copy((*key)->arn()),
                            .algorithm = symmetric};
}

Kms::Answer<DecryptResult> Kms::decrypt(Context& context, const Decrypt& in) {
    if (auto fault = check_algorithm(in.algorithm)) co_return std::unexpected(std::move(*fault));
    if (auto fault = check_recipient(in.recipient)) co_return std::unexpected(std::move(*fault));
    if (auto fault = check_reading(in)) co_return std::unexpected(std::move(*fault));
    auto opened = open_ciphertext(context, *in.ciphertext, in.key_id, in.context, "kms:Decrypt");
    if (!opened) co_return std::unexpected(std::move(opened.error()));
    if (auto fault = check_dry_run(in)) co_return std::unexpected(std::move(*fault));
    co_return DecryptResult{
        .key_id = context.arena.copy(opened->key->arn()),
        .plaintext = as_bytes(context.arena.copy(opened->plaintext)),
        .algorithm = symmetric,
        .material = context.arena.copy(opened->key->materials.at(opened->material - 1).id())};
}

Kms::Answer<ReEncryptResult> Kms::re_encrypt(Context& context, const ReEncrypt& in) {
    if (auto fault = check_algorithm(in.algorithm)) co_return std::unexpected(std::move(*fault));
    if (auto fault = check_algorithm(in.source_algorithm))
        co_return std::unexpected(std::move(*fault));
    if (auto fault = check_reading(in)) co_return std::unexpected(std::move(*fault));
    auto opened = open_ciphertext(context, *in.ciphertext, in.source_key, in.source_context,
                                  "kms:ReEncryptFrom");
    if (!opened) co_return std::unexpected(std::move(opened.error()));
    auto key = find(scope_of(context), *in.key_id, true);
    if (!key) co_return std::unexpected(std::move(key.error()));
    if (auto fault = authorize(context, **key, "kms:ReEncryptTo", &or_empty(in.context)))
        co_return std::unexpected(std::move(*fault));
    if (auto fault = check_usable(**key)) co_return std::unexpected(std::move(*fault));
    if (auto fault = check_dry_run(in)) co_return std::unexpected(std::move(*fault));
    const std::string sealed = seal_with(**key, or_empty(in.context), as_bytes(opened->plaintext));
    co_return ReEncryptResult{
        .ciphertext = as_bytes(context.arena.copy(sealed)),
        .source_key = context.arena.copy(opened->key->arn()),
        .key = context.arena.copy((*key)->arn()),
        .source_algorithm = symmetric,
        .algorithm = symmetric,
        .source_material = context.arena.copy(opened->key->materials.at(opened->material - 1).id()),
        .material = context.arena.copy((*key)->materials.back().id())};
}

Result<SealedDataKeyResult> Kms::make_data_key(Context& context, const DataKeyRequest& in,
                                               std::string& plaintext) {
    if (in.bytes.has_value() == in.key_spec.has_value())
        return fail(Code::validation, "Please specify either number of bytes or key spec.");
    auto key = find_usable(context, in);
    if (!key) return std::unexpected(std::move(key.error()));
    if (auto fault = check_dry_run(in)) return std::unexpected(std::move(*fault));
    plaintext.resize(in.bytes ? static_cast<size_t>(*in.bytes)
                              : (*in.key_spec == "AES_256" ? 32 : 16));
    env_.random.fill(std::span(bytes_of(plaintext), plaintext.size()));
    const std::string sealed = seal_with(**key, or_empty(in.context), as_bytes(plaintext));
    return SealedDataKeyResult{.ciphertext = as_bytes(context.arena.copy(sealed)),
                               .key_id = context.arena.copy((*key)->arn()),
                               .material = context.arena.copy((*key)->materials.back().id())};
}

Kms::Answer<DataKeyResult> Kms::generate_data_key(Context& context, const GenerateDataKey& in) {
    if (auto fault = check_recipient(in.recipient)) co_return std::unexpected(std::move(*fault));
    std::string plaintext;
    auto made = make_data_key(context, in, plaintext);
    if (!made) co_return std::unexpected(std::move(made.error()));
    co_return DataKeyResult{*made, as_bytes(context.arena.copy(plaintext))};
}

Kms::Answer<SealedDataKeyResult> Kms::generate_sealed_data_key(
    Context& context, const GenerateDataKeyWithoutPlaintext& in) {
    std::string plaintext;
    co_return make_data_key(context, in, plaintext);
}

Kms::Answer<GenerateRandomResult> Kms::generate_random(Context& context, const GenerateRandom& in) {
    if (auto fault = check_recipient(in.recipient)) co_return std::unexpected(std::move(*fault));
    if (in.key_store)
        co_return fail(Code::unsupported,
                       "Custom key stores are not implemented by this version of fors.");
    if (!in.bytes) co_return fail(Code::validation, "NumberOfBytes is required.");
    std::string plaintext(static_cast<size_t>(*in.bytes), '\0');
    env_.random.fill(std::span(bytes_of(plaintext), plaintext.size()));
    co_return GenerateRandomResult{as_bytes(context.arena.copy(plaintext))};
}

}  // namespace fors::kms
