// SPDX-License-Identifier: Apache-2.0
// CreateAlias, UpdateAlias, DeleteAlias, ListAliases.
#include "base/concat.h"
#include "kms/kms.h"

namespace fors::kms {

namespace {

std::optional<Error> check_name(std::string_view name) {
    constexpr std::string_view prefix = "alias/";
    if (!name.starts_with(prefix) || name.size() == prefix.size())
        return Error{Code::validation, "Alias must start with the prefix \"alias/\"."};
    if (name.starts_with("alias/aws/"))
        return Error{Code::invalid_name, "Aliases that begin with alias/aws/ are reserved."};
    if (name.substr(prefix.size()).contains(':'))
        return Error{Code::validation, concat(name, " contains invalid characters for an alias")};
    return std::nullopt;
}

}  // namespace

Kms::Answer<> Kms::set_alias(Context& context, const SetAlias& in, bool must_be_new) {
    if (auto fault = check_name(*in.name)) co_return std::unexpected(std::move(*fault));
    if (in.target->contains("alias/"))
        co_return fail(Code::validation, "Aliases must refer to keys. Not aliases");
    auto key = find_changeable(context, in.target);
    if (!key) co_return std::unexpected(std::move(key.error()));
    if ((*key)->account != context.caller.account)
        co_return fail(Code::key_not_found,
                       concat("Key '", (*key)->arn(), "' belongs to another account"));
    // An alias that moves is asked of the key that loses it, too.
    const Alias* known =
        must_be_new ? nullptr
                    : keyring_.find_alias(context.caller.account, context.caller.region, *in.name);
    if (const Key* loser = known ? keyring_.find(known->key) : nullptr)
        if (auto fault = authorize(context, *loser, "kms:UpdateAlias"))
            co_return std::unexpected(std::move(*fault));
    co_return co_await submit(
        {.at_ms = context.now_ms,
         .alias = stored::SetAlias{context.caller.account, context.caller.region, *in.name,
                                   (*key)->id, must_be_new}});
}

Kms::Answer<> Kms::create_alias(Context& context, const CreateAlias& in) {
    co_return co_await set_alias(context, in, true);
}

Kms::Answer<> Kms::update_alias(Context& context, const UpdateAlias& in) {
    co_return co_await set_alias(context, in, false);
}

Kms::Answer<> Kms::delete_alias(Context& context, const DeleteAlias& in) {
    if (auto fault = check_name(*in.name)) co_return std::unexpected(std::move(*fault));
    const Alias* alias =
        keyring_.find_alias(context.caller.account, context.caller.region, *in.name);
    const Key* key = alias ? keyring_.find(alias->key) : nullptr;
    if (key)
        if (auto fault = authorize(context, *key, "kms:DeleteAlias"))
            co_return std::unexpected(std::move(*fault));
    co_return co_await submit(
        {.at_ms = context.now_ms,
         .alias = stored::SetAlias{context.caller.account, context.caller.region, *in.name}});
}

Kms::Answer<ListAliasesResult> Kms::list_aliases(Context& context, const ListAliases& in) {
    auto made = co_await ensure_managed(context.caller.account, context.caller.region,
                                        "alias/aws/kinesis", context.now_ms);
    if (!made) co_return std::unexpected(std::move(made.error()));
    const Key* of = nullptr;
    if (in.key_id) {
        auto key = find_allowed(context, in.key_id);
        if (!key) co_return std::unexpected(std::move(key.error()));
        of = *key;
    }
    std::vector<AliasListEntry> all;
    for (const auto& [name, alias] : keyring_.aliases()) {
        if (name.account != context.caller.account || name.region != context.caller.region)
            continue;
        if (of && alias.key != of->id) continue;
        all.push_back({.name = context.arena.copy(name.name),
                       .arn = context.arena.copy(alias_arn(name)),
                       .target = context.arena.copy(alias.key),
                       .created = {alias.created_ms},
                       .updated = {alias.updated_ms}});
    }
    ListAliasesResult result;
    result.aliases = page_of(
        in, 50, std::move(all), [](const AliasListEntry& each) { return each.name; }, result,
        context.arena);
    co_return result;
}

}  // namespace fors::kms
