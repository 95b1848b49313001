// SPDX-License-Identifier: Apache-2.0
// EnableKeyRotation, DisableKeyRotation, GetKeyRotationStatus, ListKeyRotations, RotateKeyOnDemand
// (Developer Guide, "Rotating AWS KMS keys"). Old material stays, to decrypt with.
#include "base/concat.h"
#include "kms/kms.h"

namespace fors::kms {

namespace {
constexpr int32_t default_days = 365;
}

Kms::Answer<> Kms::enable_rotation(Context& context, const EnableKeyRotation& in) {
    auto key = find_changeable(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    if (auto fault = check_usable(**key)) co_return std::unexpected(std::move(*fault));
    co_return co_await submit({.at_ms = context.now_ms,
                               .key = (*key)->id,
                               .rotation_days = in.days.value_or(default_days)});
}

Kms::Answer<> Kms::disable_rotation(Context& context, const DisableKeyRotation& in) {
    auto key = find_changeable(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    if (auto fault = check_usable(**key)) co_return std::unexpected(std::move(*fault));
    co_return co_await submit({.at_ms = context.now_ms, .key = (*key)->id, .rotation_days = 0});
}

Kms::Answer<GetKeyRotationStatusResult> Kms::rotation_status(Context& context,
                                                             const GetKeyRotationStatus& in) {
    auto key = find_allowed(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    // What waits for its deletion is not rotated.
    const bool enabled = (*key)->rotation_days && !(*key)->deletion_ms;
    GetKeyRotationStatusResult result{.enabled = enabled,
                                      .key_id = context.arena.copy((*key)->arn())};
    if (enabled) {
        result.days = (*key)->rotation_days;
        result.next = wire::Timestamp{*(*key)->next_rotation_ms()};
    }
    co_return result;
}

Kms::Answer<ListKeyRotationsResult> Kms::list_rotations(Context& context,
                                                        const ListKeyRotations& in) {
    auto key = find_allowed(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    const bool all_material = in.include.value_or("") == "ALL_KEY_MATERIAL";
    std::vector<std::pair<std::string, Rotation>> all;
    for (const Material& material : (*key)->materials) {
        if (material.origin == Origin::creation && !all_material) continue;
        Rotation out{.key_id = context.arena.copy((*key)->arn()),
                     .material = context.arena.copy(material.id()),
                     .state = &material == &(*key)->materials.back() ? "CURRENT" : "NON_CURRENT"};
        if (material.origin != Origin::creation) {
            out.at = wire::Timestamp{material.created_ms};
            out.type = material.origin == Origin::automatic ? "AUTOMATIC" : "ON_DEMAND";
        }
        const std::string number = std::to_string(material.number);
        all.emplace_back(std::string(10 - number.size(), '0') + number, out);
    }
    ListKeyRotationsResult result;
    for (auto& [number, rotation] : page_of(
             in, 100, std::move(all), [](const auto& each) { return std::string_view(each.first); },
             result, context.arena))
        result.rotations.push_back(rotation);
    co_return result;
}

Kms::Answer<KeyIdResult> Kms::rotate_key(Context& context, const RotateKeyOnDemand& in) {
    auto key = find_changeable(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    if (auto fault = check_usable(**key)) co_return std::unexpected(std::move(*fault));
    const std::string_view arn = context.arena.copy((*key)->arn());
    const std::string material = new_material((*key)->id);
    auto done = co_await submit({.at_ms = context.now_ms,
                                 .key = (*key)->id,
                                 .material = as_bytes(material),
                                 .origin = static_cast<int32_t>(Origin::on_demand)});
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return KeyIdResult{arn};
}

}  // namespace fors::kms
