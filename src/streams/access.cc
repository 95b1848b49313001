// SPDX-License-Identifier: Apache-2.0
// Who may do what to a stream or a consumer (developer guide, "Share your data stream with another
// account"): its own account everything that its policy does not deny; another account, by ARN,
// what its policy allows.
#include <algorithm>
#include <array>

#include "base/planted.h"
#include "core/access.h"
#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr auto shareable = std::to_array<std::string_view>(
    {"DescribeStream", "DescribeStreamConsumer", "DescribeStreamSummary", "GetRecords",
     "GetShardIterator", "ListShards", "PutRecord", "PutRecords", "SubscribeToShard"});

// An owner can't lock itself out of a policy.
bool manages_policies(std::string_view operation) { return operation.ends_with("ResourcePolicy"); }

std::string refusal(const core::Context& context, std::string_view resource,
                    std::string_view reason) {
    return concat("User: ", core::principal_arn(context.caller),
                  " is not authorized to perform: kinesis:", context.operation,
                  " on resource: ", resource, " ", reason);
}

std::optional<Error> judge(const core::Context& context, const Stream& stream,
                           const std::optional<auth::ResourcePolicy>& policy,
                           std::string_view resource) {
    const bool owner = stream.account == context.caller.account;
    if (owner && (!policy || manages_policies(context.operation))) return std::nullopt;
    if (!policy) return denied_silently(context, resource);
    const std::string principal = core::principal_arn(context.caller);
    const std::string action = concat("kinesis:", context.operation);
    const auth::ContextKeys keys = core::condition_keys(context);
    const auto verdict =
        policy->judge({{context.caller.account, principal}, action, resource, keys});
    if (verdict == auth::Verdict::denied)
        return Error{
            Code::access_denied,
            refusal(context, resource, "with an explicit deny in a resource-based policy")};
    const bool shared = std::ranges::find(shareable, context.operation) != shareable.end();
    if (owner || (verdict == auth::Verdict::allowed && shared)) return std::nullopt;
    return denied_silently(context, resource);
}

}  // namespace

Error denied_silently(const core::Context& context, std::string_view resource) {
    return {Code::access_denied, refusal(context, resource,
                                         concat("because no resource-based policy allows the "
                                                "kinesis:",
                                                context.operation, " action"))};
}

// Most streams have no policy and are used by their own accounts: nothing is made for those.
std::optional<Error> Streams::authorize(const Context& context, const Stream& stream) const {
    if (!stream.policy && stream.account == context.caller.account) return std::nullopt;
    if (planted(Bug::account_not_compared)) return std::nullopt;
    return judge(context, stream, stream.policy, stream.arn());
}

std::optional<Error> Streams::authorize(const Context& context, const FoundConsumer& found) const {
    const auto& policy = found.consumer->policy;
    if (!policy && found.stream->account == context.caller.account) return std::nullopt;
    return judge(context, *found.stream, policy,
                 consumer_arn(*found.stream, *found.name, *found.consumer));
}

}  // namespace fors::streams
