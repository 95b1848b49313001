// SPDX-License-Identifier: Apache-2.0
// AddTagsToStream, RemoveTagsFromStream, ListTagsForStream.
#include <algorithm>

#include "streams/streams.h"
#include "streams/tag_rules.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr std::string_view invalid_characters =
    "Some tags contain invalid characters. Valid characters: Unicode letters, digits, white space, "
    "_ . / = + - % @.";

// Letters and digits of any script: every non-ASCII character passes, since the JSON and CBOR
// parsers have checked UTF-8.
bool is_tag_text(std::string_view text) {
    static constexpr std::string_view marks = "_./=+-%@: ";
    return std::ranges::all_of(text, [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        const bool digit = c >= '0' && c <= '9';
        return byte >= 0x80 || letter || digit || marks.contains(c) || (c >= '\t' && c <= '\r');
    });
}

}  // namespace

std::optional<Error> check_tag_keys(const std::vector<std::string_view>& keys) {
    if (std::ranges::all_of(keys, is_tag_text)) return std::nullopt;
    return Error{Code::invalid_argument, std::string(invalid_characters)};
}

std::optional<Error> check_tags(const wire::Map& tags) {
    for (const auto& [key, value] : tags) {
        if (!is_tag_text(key) || !is_tag_text(value))
            return Error{Code::invalid_argument, std::string(invalid_characters)};
        if (key.starts_with("aws:"))
            return Error{Code::invalid_argument,
                         "Tag keys that begin with aws: are reserved for system use."};
    }
    return std::nullopt;
}

Streams::Answer<> Streams::add_tags(Context& context, const AddTags& in) {
    if (auto fault = check_tags(*in.tags)) co_return std::unexpected(std::move(*fault));
    auto stream = find_active(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    auto tagged = co_await control_.submit(tag_command((*stream)->generation, "", *in.tags));
    if (!tagged) co_return std::unexpected(std::move(tagged.error()));
    co_return core::Nothing{};
}

Streams::Answer<> Streams::remove_tags(Context& context, const RemoveTags& in) {
    if (auto fault = check_tag_keys(*in.keys)) co_return std::unexpected(std::move(*fault));
    auto stream = find_active(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    auto untagged = co_await control_.submit(untag_command((*stream)->generation, "", *in.keys));
    if (!untagged) co_return std::unexpected(std::move(untagged.error()));
    co_return core::Nothing{};
}

Streams::Answer<ListTagsResult> Streams::list_tags(Context& context, const ListTags& in) {
    auto stream = find(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    const auto& tags = (*stream)->tags;
    const auto limit = static_cast<size_t>(in.limit.value_or(50));
    auto at =
        in.exclusive_start_tag_key ? tags.upper_bound(*in.exclusive_start_tag_key) : tags.begin();
    ListTagsResult result;
    for (; at != tags.end() && result.tags.size() < limit; ++at)
        result.tags.push_back({context.arena.copy(at->first), context.arena.copy(at->second)});
    result.has_more = at != tags.end();
    co_return result;
}

}  // namespace fors::streams
