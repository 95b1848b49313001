// SPDX-License-Identifier: Apache-2.0
// The account's commitment to a minimum of throughput (reference, section 4.11), and what it
// allows: throughput kept ready.
#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

CommitmentOut commitment_out(const Commitment* commitment, int64_t now_ms) {
    if (!commitment) return {.status = "DISABLED"};
    CommitmentOut out{.status = "ENABLED", .started = Timestamp{commitment->started_ms}};
    if (!commitment->ends_ms) {
        out.earliest_end = Timestamp{commitment->earliest_end_ms()};
    } else if (commitment->enabled(now_ms)) {
        out.status = "ENABLED_UNTIL_EARLIEST_ALLOWED_END";
        out.earliest_end = Timestamp{*commitment->ends_ms};
    } else {
        out.status = "DISABLED";
        out.ended = Timestamp{*commitment->ends_ms};
    }
    return out;
}

}  // namespace

bool Streams::committed(const Context& context) const {
    const Commitment* commitment =
        catalog_.commitment(context.caller.account, context.caller.region);
    return commitment && commitment->enabled(context.now_ms);
}

std::optional<Error> Streams::check_warm(const Context& context,
                                         std::optional<int32_t> mibps) const {
    if (!mibps) return std::nullopt;
    if (!committed(context))
        return Error{Code::invalid_argument,
                     "WarmThroughputMiBps requires an account with "
                     "MinimumThroughputBillingCommitment enabled."};
    if (*mibps > warm_mibps_max)
        return Error{Code::limit_exceeded, concat("WarmThroughputMiBps must not be greater than ",
                                                  std::to_string(warm_mibps_max), ".")};
    return std::nullopt;
}

Streams::Answer<AccountSettings> Streams::describe_account(Context& context,
                                                           const DescribeAccountSettings&) {
    if (auto fault = take_call(context, nullptr)) co_return std::unexpected(std::move(*fault));
    co_return AccountSettings{commitment_out(
        catalog_.commitment(context.caller.account, context.caller.region), context.now_ms)};
}

Streams::Answer<AccountSettings> Streams::update_account(Context& context,
                                                         const UpdateAccountSettings& in) {
    if (auto fault = take_call(context, nullptr)) co_return std::unexpected(std::move(*fault));
    const auto& [account, region] = std::tie(context.caller.account, context.caller.region);
    const bool enable = *in.commitment->status == "ENABLED";
    if (!enable)
        for (const Stream* stream : catalog_.list(account, region, ""))
            if (stream->warm_mibps > 0)
                co_return fail(Code::invalid_argument,
                               concat("Stream ", stream->name, " under account ", account,
                                      " has warm throughput. Remove it first."));
    auto done =
        co_await control_.submit(commitment_command(account, region, enable, context.now_ms));
    if (!done) co_return std::unexpected(std::move(done.error()));
    co_return AccountSettings{commitment_out(catalog_.commitment(account, region), context.now_ms)};
}

Streams::Answer<UpdateWarmThroughputResult> Streams::update_warm_throughput(
    Context& context, const UpdateWarmThroughput& in) {
    auto found = find_active(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = **found;
    if (!stream.on_demand)
        co_return fail(Code::invalid_argument,
                       "WarmThroughputMiBps is supported for On-Demand streams only.");
    if (auto fault = check_warm(context, in.mibps)) co_return std::unexpected(std::move(*fault));
    const uint64_t generation = stream.generation;
    const UpdateWarmThroughputResult result{
        .stream_arn = context.arena.copy(stream.arn()),
        .stream_name = context.arena.copy(stream.name),
        .warm_throughput = WarmThroughput{.target = in.mibps,
                                          .current = static_cast<int32_t>(stream.open.size())}};
    auto changed = co_await change(generation, warm_command(generation, *in.mibps));
    if (!changed) co_return std::unexpected(std::move(changed.error()));
    env::spawn(warm_up(generation));
    co_return result;
}

}  // namespace fors::streams
