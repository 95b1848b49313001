// SPDX-License-Identifier: Apache-2.0
// The keyring's fold: deterministic, so that every replay of the log ends in the same keys.
#include "kms/keyring.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>

#include "base/concat.h"
#include "kms/keyring_format.h"
#include "wire/wire.h"

namespace fors::kms {

namespace {

Error no_such_key(std::string_view id) {
    return {Code::key_not_found, concat("Key '", id, "' does not exist")};
}

Key make_key(const stored::Create& from, int64_t at_ms) {
    Key key{.account = std::string(from.account),
            .region = std::string(from.region),
            .id = std::string(from.id),
            .created_ms = at_ms,
            .description = std::string(from.description),
            .policy = auth::ResourcePolicy(from.policy),
            .managed = from.managed};
    for (const auto& [name, value] : from.tags) key.tags.emplace(name, value);
    key.materials.push_back({.number = 1,
                             .wrapped = std::string(as_text(from.material)),
                             .created_ms = at_ms,
                             .origin = Origin::creation});
    return key;
}

Result<> tag(Key& key, const wire::Map& tags) {
    auto changed = key.tags;
    for (const auto& [name, value] : tags) changed[std::string(name)] = value;
    if (changed.size() > tags_max)
        return fail(Code::limit_exceeded, "A key can have no more than 50 tags.");
    key.tags = std::move(changed);
    return {};
}

Result<> change(Key& key, const stored::Command& command) {
    if (command.description) key.description = *command.description;
    if (command.enabled) key.enabled = *command.enabled;
    if (command.deletion_ms) {
        key.deletion_ms.reset();
        key.enabled = false;
        if (*command.deletion_ms > 0) key.deletion_ms = command.deletion_ms;
    }
    if (command.policy) key.policy = auth::ResourcePolicy(*command.policy);
    if (command.tag) return tag(key, *command.tag);
    if (command.untag)
        for (const std::string_view name : *command.untag) {
            const auto at = key.tags.find(name);
            if (at != key.tags.end()) key.tags.erase(at);
        }
    if (command.rotation_days) {
        key.rotation_days.reset();
        if (*command.rotation_days > 0) key.rotation_days = command.rotation_days;
        key.rotation_since_ms = command.at_ms;
    }
    if (command.material) {
        const auto origin = static_cast<Origin>(command.origin.value_or(0));
        if (origin == Origin::on_demand &&
            std::ranges::count(key.materials, origin, &Material::origin) >=
                static_cast<ptrdiff_t>(on_demand_rotations_max))
            return fail(Code::limit_exceeded,
                        "A key can be rotated on demand no more than 25 times.");
        key.materials.push_back({.number = key.materials.back().number + 1,
                                 .wrapped = std::string(as_text(*command.material)),
                                 .created_ms = command.at_ms,
                                 .origin = origin});
    }
    return {};
}

Result<> set_alias(Keyring::Aliases& aliases, const stored::SetAlias& set, int64_t at_ms) {
    if (set.must_be_new && !set.key) return fail(Code::corrupt, "a new alias is of no key");
    Keyring::AliasName name{std::string(set.account), std::string(set.region),
                            std::string(set.name)};
    const auto at = aliases.find(name);
    if (set.must_be_new && at != aliases.end())
        return fail(Code::already_exists,
                    concat("An alias with the name ", alias_arn(name), " already exists"));
    if (!set.must_be_new && at == aliases.end())
        return fail(Code::key_not_found, concat("Alias ", alias_arn(name), " is not found."));
    if (!set.key) {
        aliases.erase(at);
        return {};
    }
    Alias& alias = aliases[std::move(name)];
    if (set.must_be_new) alias.created_ms = at_ms;
    alias.key = *set.key;
    alias.updated_ms = at_ms;
    return {};
}

}  // namespace

std::string Material::id() const {
    std::array<unsigned char, 32> digest{};
    EVP_Digest(wrapped.data(), wrapped.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
    static constexpr char digits[] = "0123456789abcdef";
    std::string text;
    for (const unsigned char byte : digest) {
        text.push_back(digits[byte >> 4]);
        text.push_back(digits[byte & 15]);
    }
    return text;
}

std::string Key::arn() const { return concat("arn:aws:kms:", region, ":", account, ":key/", id); }

std::optional<int64_t> Key::next_rotation_ms() const {
    if (!rotation_days) return std::nullopt;
    int64_t since_ms = rotation_since_ms;
    for (const Material& material : materials)
        if (material.origin == Origin::automatic)
            since_ms = std::max(since_ms, material.created_ms);
    return since_ms + *rotation_days * day_ms;
}

std::string alias_arn(const Keyring::AliasName& alias) {
    return concat("arn:aws:kms:", alias.region, ":", alias.account, ":", alias.name);
}

const Key* Keyring::find(std::string_view id) const {
    const auto at = keys_.find(id);
    return at == keys_.end() ? nullptr : &at->second;
}

const Alias* Keyring::find_alias(std::string_view account, std::string_view region,
                                 std::string_view name) const {
    const auto at = aliases_.find({std::string(account), std::string(region), std::string(name)});
    return at == aliases_.end() ? nullptr : &at->second;
}

Result<> Keyring::apply(std::string_view encoded) {
    Arena arena;
    stored::Command command;
    auto decoded = wire::decode(wire::Format::cbor, encoded, arena, wire::table_of<stored::Command>,
                                &command, {.stored = true});
    if (!decoded) return fail(Code::corrupt, "a command of the key service can't be read");
    if (command.root_check) root_check_ = as_text(*command.root_check);
    if (command.create)
        keys_.emplace(std::string(command.create->id), make_key(*command.create, command.at_ms));
    if (command.alias) {
        if (command.alias->key && !find(*command.alias->key))
            return std::unexpected(no_such_key(*command.alias->key));
        return set_alias(aliases_, *command.alias, command.at_ms);
    }
    if (!command.key) return {};
    const auto at = keys_.find(*command.key);
    if (at == keys_.end()) return std::unexpected(no_such_key(*command.key));
    if (!command.remove.value_or(false)) return change(at->second, command);
    // The deletion may have been taken back while this command was on its way.
    const auto& due_ms = at->second.deletion_ms;
    if (!due_ms || *due_ms > command.at_ms) return {};
    std::erase_if(aliases_, [&](const auto& alias) { return alias.second.key == at->first; });
    keys_.erase(at);
    return {};
}

std::string Keyring::snapshot() const {
    stored::Snapshot all{.root_check = as_bytes(root_check_)};
    for (const auto& [id, key] : keys_) {
        stored::Key& out = all.keys.emplace_back();
        out = {.account = key.account,
               .region = key.region,
               .id = key.id,
               .description = key.description,
               .policy = key.policy.document(),
               .created_ms = key.created_ms,
               .managed = key.managed,
               .enabled = key.enabled,
               .deletion_ms = key.deletion_ms,
               .rotation_days = key.rotation_days,
               .rotation_since_ms = key.rotation_since_ms};
        for (const auto& [name, value] : key.tags) out.tags.emplace_back(name, value);
        for (const Material& each : key.materials)
            out.materials.push_back({.number = static_cast<int32_t>(each.number),
                                     .wrapped = as_bytes(each.wrapped),
                                     .created_ms = each.created_ms,
                                     .origin = static_cast<int32_t>(each.origin)});
    }
    for (const auto& [name, alias] : aliases_)
        all.aliases.push_back({.account = name.account,
                               .region = name.region,
                               .name = name.name,
                               .key = alias.key,
                               .created_ms = alias.created_ms,
                               .updated_ms = alias.updated_ms});
    std::string out;
    wire::encode(wire::Format::cbor, wire::table_of<stored::Snapshot>, &all, out);
    return out;
}

Result<> Keyring::restore(std::string_view snapshot) {
    Arena arena;
    stored::Snapshot all;
    auto decoded = wire::decode(wire::Format::cbor, snapshot, arena,
                                wire::table_of<stored::Snapshot>, &all, {.stored = true});
    if (!decoded) return fail(Code::corrupt, "a snapshot of the key service can't be read");
    keys_.clear();
    aliases_.clear();
    root_check_ = as_text(all.root_check);
    for (const stored::Key& from : all.keys) {
        Key key{.account = std::string(from.account),
                .region = std::string(from.region),
                .id = std::string(from.id),
                .created_ms = from.created_ms,
                .description = std::string(from.description),
                .policy = auth::ResourcePolicy(from.policy),
                .managed = from.managed,
                .enabled = from.enabled,
                .deletion_ms = from.deletion_ms,
                .rotation_days = from.rotation_days,
                .rotation_since_ms = from.rotation_since_ms};
        for (const auto& [name, value] : from.tags) key.tags.emplace(name, value);
        for (const stored::Material& each : from.materials)
            key.materials.push_back({.number = static_cast<uint32_t>(each.number),
                                     .wrapped = std::string(as_text(each.wrapped)),
                                     .created_ms = each.created_ms,
                                     .origin = static_cast<Origin>(each.origin)});
        keys_.emplace(key.id, std::move(key));
    }
    for (const stored::Alias& from : all.aliases)
        aliases_[{std::string(from.account), std::string(from.region), std::string(from.name)}] = {
            std::string(from.key), from.created_ms, from.updated_ms};
    return {};
}

std::string stored::encoded(const Command& command) {
    std::string out;
    wire::encode(wire::Format::cbor, wire::table_of<Command>, &command, out);
    return out;
}

}  // namespace fors::kms
