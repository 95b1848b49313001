// SPDX-License-Identifier: Apache-2.0
// TagResource, UntagResource, ListResourceTags.
#include <algorithm>

#include "kms/kms.h"
#include "kms/tag_rules.h"

namespace fors::kms {

Result<wire::Map> tag_map(const std::optional<Tags>& tags) {
    wire::Map map;
    if (!tags) return map;
    if (tags->size() > tags_max)
        return fail(Code::limit_exceeded, "A key can have no more than 50 tags.");
    for (const Tag& tag : *tags) {
        if (tag.key->starts_with("aws:"))
            return fail(Code::invalid_tag,
                        "aws: prefixed tag key names are not allowed for external use.");
        if (std::ranges::find(map, *tag.key, &wire::Map::value_type::first) != map.end())
            return fail(Code::invalid_tag, "Duplicate tag keys");
        map.emplace_back(*tag.key, *tag.value);
    }
    return map;
}

Kms::Answer<> Kms::tag_resource(Context& context, const TagResource& in) {
    auto tags = tag_map(in.tags);
    if (!tags) co_return std::unexpected(std::move(tags.error()));
    auto key = find_changeable(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    co_return co_await submit({.key = (*key)->id, .tag = std::move(*tags)});
}

Kms::Answer<> Kms::untag_resource(Context& context, const UntagResource& in) {
    auto key = find_changeable(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    co_return co_await submit({.key = (*key)->id, .untag = in.keys});
}

Kms::Answer<ListResourceTagsResult> Kms::list_tags(Context& context, const ListResourceTags& in) {
    auto key = find_allowed(context, in.key_id);
    if (!key) co_return std::unexpected(std::move(key.error()));
    Tags all;
    for (const auto& [name, value] : (*key)->tags)
        all.push_back({context.arena.copy(name), context.arena.copy(value)});
    ListResourceTagsResult result;
    result.tags = page_of(
        in, 50, std::move(all), [](const Tag& each) { return *each.key; }, result, context.arena);
    co_return result;
}

}  // namespace fors::kms
