// SPDX-License-Identifier: Apache-2.0
// TagResource, UntagResource, ListTagsForResource: tags of streams and of consumers, by ARN.
#include "streams/streams.h"
#include "streams/tag_rules.h"
#include "streams/texts.h"

namespace fors::streams {

Result<Streams::FoundResource> Streams::find_resource(const Context& context,
                                                      const ResourceReference& reference) {
    if (is_consumer_arn(*reference.resource_arn)) {
        ConsumerReference consumer;
        consumer.consumer_arn = reference.resource_arn;
        consumer.stream_id = reference.stream_id;
        auto found = find_consumer(context, consumer);
        if (!found) return std::unexpected(std::move(found.error()));
        return FoundResource{found->stream, found->name, found->consumer};
    }
    if (!is_stream_arn(*reference.resource_arn))
        return fail(Code::not_found, concat("Resource ", *reference.resource_arn, " not found."));
    StreamReference stream;
    stream.stream_arn = reference.resource_arn;
    stream.stream_id = reference.stream_id;
    auto found = find(context, stream);
    if (!found) return std::unexpected(std::move(found.error()));
    return FoundResource{*found, nullptr, nullptr};
}

// Exactly one of `tags` and `keys` is given.
Streams::Answer<> Streams::retag(const Context& context, const ResourceReference& reference,
                                 const wire::Map* tags, const std::vector<std::string_view>* keys) {
    auto found = find_resource(context, reference);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = *found->stream;
    if (status(stream, context.now_ms) == Status::deleting)
        co_return fail(Code::in_use, text_not_active(stream.name, stream.account, "DELETING"));
    const std::string consumer = found->consumer_name ? *found->consumer_name : std::string();
    auto done = co_await control_.submit(tags ? tag_command(stream.generation, consumer, *tags)
                                              : untag_command(stream.generation, consumer, *keys));
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return core::Nothing{};
}

Streams::Answer<> Streams::tag_resource(Context& context, const TagResource& in) {
    if (auto fault = check_tags(*in.tags)) co_return std::unexpected(std::move(*fault));
    co_return co_await retag(context, in, &*in.tags, nullptr);
}

Streams::Answer<> Streams::untag_resource(Context& context, const UntagResource& in) {
    if (auto fault = check_tag_keys(*in.keys)) co_return std::unexpected(std::move(*fault));
    co_return co_await retag(context, in, nullptr, &*in.keys);
}

Streams::Answer<ListTagsForResourceResult> Streams::list_resource_tags(
    Context& context, const ListTagsForResource& in) {
    auto found = find_resource(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    ListTagsForResourceResult result;
    for (const auto& [key, value] : found->consumer ? found->consumer->tags : found->stream->tags)
        result.tags.push_back({context.arena.copy(key), context.arena.copy(value)});
    co_return result;
}

}  // namespace fors::streams
