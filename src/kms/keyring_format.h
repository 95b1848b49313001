// SPDX-License-Identifier: Apache-2.0
// Commands and snapshots of the key service's log: CBOR by shape tables. Members may be added,
// never renamed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wire/shape.h"

namespace fors::kms::stored {

using Text = std::string_view;

struct Create {
    Text account, region, id, description, policy;
    bool managed = false;
    wire::Map tags;
    Bytes material;
};

struct SetAlias {
    Text account, region, name;
    std::optional<Text> key = {};  // its id; none: the alias goes
    bool must_be_new = false;      // or else must be there
};

// One of the changes; those behind `key` are changes of that key.
struct Command {
    int64_t at_ms = 0;
    std::optional<Create> create;
    std::optional<SetAlias> alias;
    std::optional<Bytes> root_check;
    std::optional<Text> key;
    std::optional<Text> description;
    std::optional<bool> enabled;
    std::optional<int64_t> deletion_ms;  // 0: not to be deleted, and disabled
    std::optional<bool> remove;
    std::optional<Text> policy;
    std::optional<wire::Map> tag;
    std::optional<std::vector<Text>> untag;
    std::optional<int32_t> rotation_days;  // 0: none
    std::optional<Bytes> material;         // a new one
    std::optional<int32_t> origin;         // of the new material
};

struct Material {
    int32_t number = 0;
    Bytes wrapped;
    int64_t created_ms = 0;
    int32_t origin = 0;
};

struct Key {
    Text account, region, id, description, policy;
    int64_t created_ms = 0;
    bool managed = false, enabled = false;
    std::optional<int64_t> deletion_ms;
    std::optional<int32_t> rotation_days;
    int64_t rotation_since_ms = 0;
    wire::Map tags;
    std::vector<Material> materials;
};

struct Alias {
    Text account, region, name, key;
    int64_t created_ms = 0, updated_ms = 0;
};

struct Snapshot {
    Bytes root_check;
    std::vector<Key> keys;
    std::vector<Alias> aliases;
};

std::string encoded(const Command& command);

}  // namespace fors::kms::stored

namespace fors::wire {

namespace ks = fors::kms::stored;

template <>
struct Shape<ks::Create> {
    static constexpr std::string_view name = "Create";
    static constexpr Field fields[] = {
        field<&ks::Create::account>("account"), field<&ks::Create::region>("region"),
        field<&ks::Create::id>("id"),           field<&ks::Create::description>("description"),
        field<&ks::Create::policy>("policy"),   field<&ks::Create::managed>("managed"),
        field<&ks::Create::tags>("tags"),       field<&ks::Create::material>("material"),
    };
};

template <>
struct Shape<ks::SetAlias> {
    static constexpr std::string_view name = "SetAlias";
    static constexpr Field fields[] = {
        field<&ks::SetAlias::account>("account"),
        field<&ks::SetAlias::region>("region"),
        field<&ks::SetAlias::name>("name"),
        field<&ks::SetAlias::key>("key"),
        field<&ks::SetAlias::must_be_new>("must_be_new"),
    };
};

template <>
struct Shape<ks::Command> {
    static constexpr std::string_view name = "Command";
    static constexpr Field fields[] = {
        field<&ks::Command::at_ms>("at_ms"),
        field<&ks::Command::create>("create"),
        field<&ks::Command::alias>("alias"),
        field<&ks::Command::root_check>("root_check"),
        field<&ks::Command::key>("key"),
        field<&ks::Command::description>("description"),
        field<&ks::Command::enabled>("enabled"),
        field<&ks::Command::deletion_ms>("deletion_ms"),
        field<&ks::Command::remove>("remove"),
        field<&ks::Command::policy>("policy"),
        field<&ks::Command::tag>("tag"),
        field<&ks::Command::untag>("untag"),
        field<&ks::Command::rotation_days>("rotation_days"),
        field<&ks::Command::material>("material"),
        field<&ks::Command::origin>("origin"),
    };
};

template <>
struct Shape<ks::Material> {
    static constexpr std::string_view name = "Material";
    static constexpr Field fields[] = {
        field<&ks::Material::number>("number"),
        field<&ks::Material::wrapped>("wrapped"),
        field<&ks::Material::created_ms>("created_ms"),
        field<&ks::Material::origin>("origin"),
    };
};

template <>
struct Shape<ks::Key> {
    static constexpr std::string_view name = "Key";
    static constexpr Field fields[] = {
        field<&ks::Key::account>("account"),
        field<&ks::Key::region>("region"),
        field<&ks::Key::id>("id"),
        field<&ks::Key::description>("description"),
        field<&ks::Key::policy>("policy"),
        field<&ks::Key::created_ms>("created_ms"),
        field<&ks::Key::managed>("managed"),
        field<&ks::Key::enabled>("enabled"),
        field<&ks::Key::deletion_ms>("deletion_ms"),
        field<&ks::Key::rotation_days>("rotation_days"),
        field<&ks::Key::rotation_since_ms>("rotation_since_ms"),
        field<&ks::Key::tags>("tags"),
        field<&ks::Key::materials>("materials"),
    };
};

template <>
struct Shape<ks::Alias> {
    static constexpr std::string_view name = "Alias";
    static constexpr Field fields[] = {
        field<&ks::Alias::account>("account"),
        field<&ks::Alias::region>("region"),
        field<&ks::Alias::name>("name"),
        field<&ks::Alias::key>("key"),
        field<&ks::Alias::created_ms>("created_ms"),
        field<&ks::Alias::updated_ms>("updated_ms"),
    };
};

template <>
struct Shape<ks::Snapshot> {
    static constexpr std::string_view name = "Snapshot";
    static constexpr Field fields[] = {
        field<&ks::Snapshot::root_check>("root_check"),
        field<&ks::Snapshot::keys>("keys"),
        field<&ks::Snapshot::aliases>("aliases"),
    };
};

}  // namespace fors::wire
