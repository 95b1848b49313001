// SPDX-License-Identifier: Apache-2.0
// PutResourcePolicy, GetResourcePolicy, DeleteResourcePolicy: of streams and of consumers, by ARN.
#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

// Nothing: takes it away.
Streams::Answer<> Streams::set_policy(const Context& context, const ResourceReference& reference,
                                      std::optional<std::string_view> document) {
    auto found = find_resource(context, reference);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = *found->stream;
    if (status(stream, context.now_ms) == Status::deleting)
        co_return fail(Code::in_use, text_not_active(stream.name, stream.account, "DELETING"));
    const std::string consumer = found->consumer_name ? *found->consumer_name : std::string();
    if (found->consumer && consumer_status(*found->consumer, context.now_ms) != "ACTIVE")
        co_return fail(Code::in_use, text_consumer_not_active(consumer, found->consumer->created_ms,
                                                              stream.name, stream.account));
    const auto& policy = found->consumer ? found->consumer->policy : stream.policy;
    if (!document && !policy)
        co_return fail(Code::not_found, concat("No resource policy found for resource ARN ",
                                               *reference.resource_arn, "."));
    auto done = co_await control_.submit(policy_command(stream.generation, consumer, document));
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return core::Nothing{};
}

Streams::Answer<> Streams::put_policy(Context& context, const PutResourcePolicy& in) {
    if (in.policy->size() > policy_bytes_max)
        co_return fail(Code::invalid_argument, concat("Invalid policy: it is larger than ",
                                                      std::to_string(policy_bytes_max), " bytes."));
    auto policy = auth::Policy::parse(*in.policy, true);
    if (!policy) co_return std::unexpected(std::move(policy.error()));
    co_return co_await set_policy(context, in, in.policy);
}

Streams::Answer<GetResourcePolicyResult> Streams::get_policy(Context& context,
                                                             const GetResourcePolicy& in) {
    auto found = find_resource(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const auto& policy = found->consumer ? found->consumer->policy : found->stream->policy;
    co_return GetResourcePolicyResult{policy ? context.arena.copy(policy->document()) : "{}"};
}

Streams::Answer<> Streams::delete_policy(Context& context, const DeleteResourcePolicy& in) {
    co_return co_await set_policy(context, in, std::nullopt);
}

}  // namespace fors::streams
