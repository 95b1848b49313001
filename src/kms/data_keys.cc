// SPDX-License-Identifier: Apache-2.0
// core::KeyProvider: data keys for the services here. They are sealed as GenerateDataKey would seal
// them, with the resource's ARN as the encryption context, as the services of AWS do.
#include <algorithm>

#include "base/concat.h"
#include "base/planted.h"
#include "kms/kms.h"

namespace fors::kms {

namespace {

std::string bound_name(const core::KeyUse& use) { return concat("aws:", use.service, ":arn"); }

}  // namespace

env::Task<Result<>> Kms::prepare(core::KeyUse use, std::string_view key_id) {
    const std::string own = concat("alias/aws/", use.service);
    if (key_id != own && !key_id.ends_with(":" + own)) co_return Result<>{};
    co_return co_await ensure_managed(std::string(use.account), std::string(use.region), own,
                                      use.now_ms);
}

Result<core::DataKey> Kms::generate(const core::KeyUse& use, std::string_view key_id) {
    auto key = find({use.account, use.region, use.now_ms}, key_id, true);
    if (!key) return std::unexpected(std::move(key.error()));
    if (auto fault = authorize(use, **key, "kms:GenerateDataKey"))
        return std::unexpected(std::move(*fault));
    if (auto fault = check_usable(**key)) return std::unexpected(std::move(*fault));
    core::DataKey made{};
    env_.random.fill(made.key);
    const std::string name = bound_name(use);
    made.wrapped = seal_with(**key, {{name, use.resource}}, Bytes(made.key));
    return made;
}

Result<bool> Kms::is_current(const core::KeyUse& use, std::string_view key_id,
                             std::string_view wrapped) const {
    auto key = find({use.account, use.region, use.now_ms}, key_id, true);
    if (!key) return std::unexpected(std::move(key.error()));
    if (auto fault = authorize(use, **key, "kms:GenerateDataKey"))
        return std::unexpected(std::move(*fault));
    if (auto fault = check_usable(**key); fault && !planted(Bug::disabled_key_still_writes))
        return std::unexpected(std::move(*fault));
    const auto head = head_of(as_bytes(wrapped));
    return head && head->key_id == (*key)->id && head->material == (*key)->materials.back().number;
}

Result<const Key*> Kms::key_of(const core::KeyUse& use, std::string_view wrapped) const {
    const auto head = head_of(as_bytes(wrapped));
    if (!head) return fail(Code::corrupt, "a data key can't be read");
    const Key* key = keyring_.find(head->key_id);
    if (!key || (key->deletion_ms && *key->deletion_ms <= use.now_ms))
        return fail(Code::key_not_found, concat("Key '", head->key_id, "' does not exist"));
    if (auto fault = authorize(use, *key, "kms:Decrypt")) return std::unexpected(std::move(*fault));
    if (auto fault = check_usable(*key); fault && !planted(Bug::disabled_key_still_reads))
        return std::unexpected(std::move(*fault));
    return key;
}

Result<> Kms::may_unwrap(const core::KeyUse& use, std::string_view wrapped) const {
    auto key = key_of(use, wrapped);
    if (!key) return std::unexpected(std::move(key.error()));
    return {};
}

Result<core::AesKey> Kms::unwrap(const core::KeyUse& use, std::string_view wrapped) {
    auto key = key_of(use, wrapped);
    if (!key) return std::unexpected(std::move(key.error()));
    const uint32_t material = head_of(as_bytes(wrapped))->material;
    const std::string name = bound_name(use);
    auto plain =
        material > 0 && material <= (*key)->materials.size()
            ? read_ciphertext(cipher_of(**key, material), {{name, use.resource}}, as_bytes(wrapped))
            : std::nullopt;
    core::AesKey data_key{};
    if (!plain || plain->size() != data_key.size())
        return fail(Code::corrupt, "a data key can't be read");
    std::ranges::copy(as_bytes(*plain), data_key.begin());
    return data_key;
}

}  // namespace fors::kms
