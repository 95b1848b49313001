// SPDX-License-Identifier: Apache-2.0
// UpdateMaxRecordSize, UpdateStreamMode, UpdateStreamRecordDistributionStrategy: ACTIVE, UPDATING,
// ACTIVE. What is set holds from the first moment on.
#include <algorithm>

#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

Streams::Answer<> Streams::change(uint64_t generation, std::string command) {
    auto changed = co_await control_.submit(std::move(command));
    if (!changed) co_return std::unexpected(std::move(changed.error()));
    co_await settle(generation);
    co_return core::Nothing{};
}

Streams::Answer<> Streams::update_max_record_size(Context& context, const UpdateMaxRecordSize& in) {
    if (!in.stream_arn) co_return fail(Code::invalid_argument, "StreamARN must be provided.");
    auto stream = find_active(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    const uint64_t generation = (*stream)->generation;
    co_return co_await change(generation, record_size_command(generation, *in.kib));
}

// Setting the mode a stream has already is done without a trace: infrastructure tools do it at
// every refresh.
Streams::Answer<> Streams::update_mode(Context& context, const UpdateStreamMode& in) {
    auto found = find_active(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = **found;
    const bool on_demand = *in.mode->stream_mode == "ON_DEMAND";
    if (in.warm_throughput && !on_demand)
        co_return fail(Code::invalid_argument,
                       "WarmThroughputMiBps is supported for On-Demand streams only.");
    if (auto fault = check_warm(context, in.warm_throughput))
        co_return std::unexpected(std::move(*fault));
    if (on_demand == stream.on_demand) co_return core::Nothing{};
    const auto today = std::ranges::count_if(
        stream.switched, [&](int64_t ms) { return ms > context.now_ms - day_ms; });
    if (options_.limits && today >= mode_switches_a_day_max)
        co_return fail(Code::limit_exceeded,
                       concat("Stream ", stream.name, " under account ", stream.account,
                              " has switched its mode 2 times within the last 24 hours, which is "
                              "the limit."));
    const auto shards = on_demand ? 0 : static_cast<int64_t>(stream.open.size());
    if (auto fault = check_quota(context, on_demand, shards))
        co_return std::unexpected(std::move(*fault));
    const uint64_t generation = stream.generation;
    auto changed = co_await change(
        generation,
        mode_command(generation, on_demand, in.warm_throughput.value_or(0), context.now_ms));
    if (changed && in.warm_throughput) env::spawn(warm_up(generation));
    co_return changed;
}

Streams::Answer<> Streams::update_distribution(Context& context, const UpdateDistribution& in) {
    auto found = find_active(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = **found;
    if (!stream.on_demand)
        co_return fail(Code::invalid_argument,
                       "RecordDistributionStrategy is supported for On-Demand streams only.");
    const bool automatic = *in.strategy == "AUTO";
    if (automatic == stream.auto_distribution) co_return core::Nothing{};
    co_return co_await change(stream.generation,
                              distribution_command(stream.generation, automatic));
}

}  // namespace fors::streams
