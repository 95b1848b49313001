// SPDX-License-Identifier: Apache-2.0
// CreateStream, DeleteStream and the way of a stream from CREATING to gone.
#include <chrono>

#include "base/planted.h"
#include "streams/streams.h"
#include "streams/tag_rules.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

// What a request to create asks for, defaults filled in (reference, section 1.4).
Result<CreateCommand> wanted_stream(const core::Context& context, const CreateStream& in) {
    CreateCommand command{.account = context.caller.account,
                          .region = context.caller.region,
                          .name = std::string(*in.stream_name),
                          .created_ms = context.now_ms,
                          .max_record_kib = in.max_record_kib.value_or(1024)};
    const bool mode_given = in.mode.has_value();
    command.on_demand = mode_given ? *in.mode->stream_mode == "ON_DEMAND" : !in.shard_count;
    if (command.on_demand && in.shard_count)
        return fail(Code::invalid_argument,
                    "ShardCount must not be provided for a stream in On-Demand mode.");
    if (!command.on_demand && !in.shard_count)
        return fail(Code::invalid_argument,
                    "ShardCount must be provided for a stream in Provisioned mode.");
    command.warm_mibps = in.warm_throughput.value_or(0);
    command.shard_count =
        command.on_demand ? std::max(on_demand_shards_min, command.warm_mibps) : *in.shard_count;
    command.auto_distribution = in.distribution && *in.distribution == "AUTO";
    if (in.distribution && !command.on_demand)
        return fail(Code::invalid_argument,
                    "RecordDistributionStrategy is supported for On-Demand streams only.");
    if (in.warm_throughput && !command.on_demand)
        return fail(Code::invalid_argument,
                    "WarmThroughputMiBps is supported for On-Demand streams only.");
    if (in.tags)
        for (const auto& [key, value] : *in.tags) command.tags.emplace_back(key, value);
    return command;
}

}  // namespace

Streams::Answer<> Streams::create_stream(Context& context, const CreateStream& in) {
    auto command = wanted_stream(context, in);
    if (!command) co_return std::unexpected(std::move(command.error()));
    if (auto fault = check_warm(context, in.warm_throughput))
        co_return std::unexpected(std::move(*fault));
    if (in.tags)
        if (auto fault = check_tags(*in.tags)) co_return std::unexpected(std::move(*fault));
    if (in.tags && in.tags->size() > tags_max)
        co_return fail(Code::invalid_argument,
                       text_too_many_tags(*in.stream_name, context.caller.account));
    if (auto fault = take_call(context, nullptr)) co_return std::unexpected(std::move(*fault));
    if (catalog_.find(command->account, command->region, command->name))
        co_return fail(Code::in_use, text_stream_exists(command->name, command->account));
    if (auto fault = check_creating(context)) co_return std::unexpected(std::move(*fault));
    if (auto fault = check_quota(context, command->on_demand, command->shard_count))
        co_return std::unexpected(std::move(*fault));
    auto created = co_await control_.submit(create_command(*command));
    if (!created) co_return std::unexpected(std::move(created.error()));
    co_return core::Nothing{};
}

std::optional<Error> Streams::check_creating(const Context& context) const {
    if (!options_.limits) return std::nullopt;
    const auto& caller = context.caller;
    const auto creating = [&](const Stream* stream) {
        return status(*stream, context.now_ms) == Status::creating;
    };
    if (std::ranges::count_if(catalog_.list(caller.account, caller.region, ""), creating) <
        streams_creating_max)
        return std::nullopt;
    return Error{Code::limit_exceeded, text_too_many_streams_creating(caller.account)};
}

std::optional<Error> Streams::check_quota(const Context& context, bool on_demand,
                                          int64_t shards) const {
    if (!options_.limits && shards <= 100'000) return std::nullopt;
    int64_t shards_now = 0;
    int64_t on_demand_now = 0;
    for (const Stream* stream : catalog_.list(context.caller.account, context.caller.region, "")) {
        if (stream->on_demand)
            ++on_demand_now;
        else
            shards_now += static_cast<int64_t>(stream->open.size());
    }
    const auto& caller = context.caller;
    if (on_demand && on_demand_now >= on_demand_streams_max)
        return Error{Code::limit_exceeded,
                     text_on_demand_quota(caller.account, caller.region, on_demand_now,
                                          on_demand_streams_max)};
    if (!on_demand && shards_now + shards > shards_per_account_max)
        return Error{Code::limit_exceeded,
                     text_shard_quota(caller.account, caller.region, shards_now,
                                      shards_per_account_max, shards)};
    return std::nullopt;
}

Streams::Answer<> Streams::delete_stream(Context& context, const DeleteStream& in) {
    auto stream = find(context, in);
    if (!stream) co_return std::unexpected(std::move(stream.error()));
    if (status(**stream, context.now_ms) == Status::deleting)
        co_return fail(Code::in_use,
                       text_not_active((*stream)->name, (*stream)->account, "DELETING"));
    if (!(*stream)->consumers.empty() && !in.enforce_consumer_deletion.value_or(false))
        co_return fail(Code::in_use, text_has_consumers((*stream)->name, (*stream)->account));
    const uint64_t generation = (*stream)->generation;
    if (planted(Bug::deletion_not_durable)) {
        (void)catalog_.apply(remove_command(generation));
        co_return core::Nothing{};
    }
    auto begun = co_await control_.submit(delete_command(generation, context.now_ms));
    if (!begun) co_return std::unexpected(std::move(begun.error()));
    if (transition_ms() > 0)
        schedule_deletion(generation, transition_ms());
    else
        co_await finish_deletion(generation);
    co_return core::Nothing{};
}

void Streams::schedule_deletion(uint64_t generation, int64_t delay_ms) {
    env_.executor.after(std::chrono::milliseconds(delay_ms), [this, generation] {
        if (!stopping_) env::spawn(finish_deletion(generation));
    });
}

// The stream leaves the catalog first, so that nothing can be read of it any more; then its records
// go.
env::Task<void> Streams::finish_deletion(uint64_t generation) {
    const Stream* stream = catalog_.find(generation);
    if (!stream) co_return;
    const ShardList shards = stream->shards;
    auto removed = co_await control_.submit(remove_command(generation));
    if (!removed) {  // a full disk, say: tried again until it works
        if (!stopping_) schedule_deletion(generation, 1000);
        co_return;
    }
    wake_subscribers(generation);
    remove_seats(generation, "");
    cipher_.forget(generation);
    telemetry_.erase(generation);
    for (const Shard& shard : shards) {
        log_.trim(shard.log_id, log::Sequence{~uint64_t{0}});
        throttles_.forget(shard.log_id);
    }
}

}  // namespace fors::streams
