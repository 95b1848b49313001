// SPDX-License-Identifier: Apache-2.0
// EnableEnhancedMonitoring, DisableEnhancedMonitoring: which metrics each shard has of its own.
#include "streams/streams.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

uint32_t bits_of(const std::vector<std::string_view>& names) {
    uint32_t bits = 0;
    for (const std::string_view name : names) bits |= monitored_bits(name);
    return bits;
}

}  // namespace

std::shared_ptr<StreamTelemetry> Streams::telemetry(const Stream& stream) {
    auto& known = telemetry_[stream.generation];
    if (!known) known = std::make_shared<StreamTelemetry>(metrics_, stream);
    return known;
}

Streams::Answer<EnhancedMonitoringResult> Streams::set_monitored(Context& context,
                                                                 const SetMonitoring& in,
                                                                 bool enable) {
    auto found = find_active(context, in);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = **found;
    const uint64_t generation = stream.generation;
    EnhancedMonitoringResult result{.stream_name = context.arena.copy(stream.name),
                                    .current = monitored_names(stream.monitored),
                                    .stream_arn = context.arena.copy(stream.arn())};
    auto done =
        co_await control_.submit(monitoring_command(generation, bits_of(*in.metrics), enable));
    if (!done) co_return std::unexpected(std::move(done.error()));
    if (const Stream* now = catalog_.find(generation)) {
        result.desired = monitored_names(now->monitored);
        telemetry(*now)->set_monitored(now->monitored);
    }
    co_return result;
}

Streams::Answer<EnhancedMonitoringResult> Streams::enable_monitoring(
    Context& context, const EnableEnhancedMonitoring& in) {
    co_return co_await set_monitored(context, in, true);
}

Streams::Answer<EnhancedMonitoringResult> Streams::disable_monitoring(
    Context& context, const DisableEnhancedMonitoring& in) {
    co_return co_await set_monitored(context, in, false);
}

}  // namespace fors::streams
