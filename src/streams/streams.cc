// SPDX-License-Identifier: Apache-2.0
// The service's tables, its start, and how requests name streams.
#include "streams/streams.h"

#include <array>

#include "base/planted.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr auto operation_table = std::array{
    core::operation<&Streams::add_tags>("AddTagsToStream"),
    core::operation<&Streams::create_stream>("CreateStream"),
    core::operation<&Streams::decrease_retention>("DecreaseStreamRetentionPeriod"),
    core::operation<&Streams::delete_policy>("DeleteResourcePolicy"),
    core::operation<&Streams::delete_stream>("DeleteStream"),
    core::operation<&Streams::deregister_consumer>("DeregisterStreamConsumer"),
    core::operation<&Streams::describe_account>("DescribeAccountSettings"),
    core::operation<&Streams::describe_limits>("DescribeLimits"),
    core::operation<&Streams::describe_stream>("DescribeStream"),
    core::operation<&Streams::describe_consumer>("DescribeStreamConsumer"),
    core::operation<&Streams::describe_stream_summary>("DescribeStreamSummary"),
    core::operation<&Streams::disable_monitoring>("DisableEnhancedMonitoring"),
    core::operation<&Streams::enable_monitoring>("EnableEnhancedMonitoring"),
    core::operation<&Streams::get_records>("GetRecords"),
    core::operation<&Streams::get_policy>("GetResourcePolicy"),
    core::operation<&Streams::get_shard_iterator>("GetShardIterator"),
    core::operation<&Streams::increase_retention>("IncreaseStreamRetentionPeriod"),
    core::operation<&Streams::list_shards>("ListShards"),
    core::operation<&Streams::list_consumers>("ListStreamConsumers"),
    core::operation<&Streams::list_streams>("ListStreams"),
    core::operation<&Streams::list_resource_tags>("ListTagsForResource"),
    core::operation<&Streams::list_tags>("ListTagsForStream"),
    core::operation<&Streams::merge_shards>("MergeShards"),
    core::operation<&Streams::put_record>("PutRecord"),
    core::operation<&Streams::put_records>("PutRecords"),
    core::operation<&Streams::put_policy>("PutResourcePolicy"),
    core::operation<&Streams::register_consumer>("RegisterStreamConsumer"),
    core::operation<&Streams::remove_tags>("RemoveTagsFromStream"),
    core::operation<&Streams::split_shard>("SplitShard"),
    core::operation<&Streams::start_encryption>("StartStreamEncryption"),
    core::operation<&Streams::stop_encryption>("StopStreamEncryption"),
    core::operation_in_events<&Streams::subscribe_to_shard, SubscribeToShardEvent>(
        "SubscribeToShard"),
    core::operation<&Streams::tag_resource>("TagResource"),
    core::operation<&Streams::untag_resource>("UntagResource"),
    core::operation<&Streams::update_account>("UpdateAccountSettings"),
    core::operation<&Streams::update_warm_throughput>("UpdateStreamWarmThroughput"),
    core::operation<&Streams::update_max_record_size>("UpdateMaxRecordSize"),
    core::operation<&Streams::update_mode>("UpdateStreamMode"),
    core::operation<&Streams::update_distribution>("UpdateStreamRecordDistributionStrategy"),
    core::operation<&Streams::update_shard_count>("UpdateShardCount"),
};

constexpr auto missing_table = std::to_array<std::string_view>({
    "AcknowledgeDeadLetterQueueRecords",
    "AcknowledgeQueueRecords",
    "CreateChannel",
    "CreateQueue",
    "DeleteChannel",
    "DeleteQueue",
    "DescribeChannel",
    "DescribeQueue",
    "ListChannels",
    "ListQueues",
    "ReceiveDeadLetterQueueRecords",
    "ReceiveQueueRecords",
    "RestoreDeadLetterQueueRecords",
    "UpdateChannel",
    "UpdateDeadLetterQueueRecordsVisibility",
    "UpdateQueue",
    "UpdateQueueRecordsVisibility",
});

// Names on the wire; an outage of the disk is the service's own fault (500), which SDKs retry.
constexpr auto error_table = std::to_array<core::ErrorName>({
    {Code::not_found, "ResourceNotFoundException", 400},
    {Code::in_use, "ResourceInUseException", 400},
    {Code::invalid_argument, "InvalidArgumentException", 400},
    {Code::limit_exceeded, "LimitExceededException", 400},
    {Code::throttled, "ProvisionedThroughputExceededException", 400},
    {Code::expired_iterator, "ExpiredIteratorException", 400},
    {Code::expired_token, "ExpiredNextTokenException", 400},
    {Code::dry_run, "DryRunOperationException", 400},
    {Code::key_not_found, "KMSNotFoundException", 400},
    {Code::key_disabled, "KMSDisabledException", 400},
    {Code::key_state, "KMSInvalidStateException", 400},
    {Code::key_access_denied, "KMSAccessDeniedException", 400},
    {Code::io_failed, "InternalFailure", 500},
    {Code::outcome_unknown, "InternalFailure", 500},
    {Code::corrupt, "InternalFailure", 500},
});

}  // namespace

Streams::Streams(env::Env env, log::Log& log, core::KeyProvider& keys, core::MetricSink& metrics,
                 Options options)
    : env_(env),
      log_(log),
      options_(options),
      control_(log, log::control_shard, catalog_, options.snapshot_every),
      keys_(keys),
      cipher_(keys, env.random),
      metrics_(metrics),
      careful_(env.clock, options.clock_patience_ms) {}

std::span<const core::Operation> operation_list() { return operation_table; }

std::span<const core::Operation> Streams::operations() const { return operation_table; }
std::span<const std::string_view> Streams::operations_missing() const { return missing_table; }
std::span<const core::ErrorName> Streams::errors() const { return error_table; }

env::Task<Result<>> Streams::open() {
    auto replayed = co_await control_.open();
    if (!replayed) co_return replayed;
    auto known = forget_unknown_shards();
    if (!known) co_return known;
    if (!catalog_.seal_key()) {
        core::SealKey key{};
        env_.random.fill(key);
        auto stored = co_await control_.submit(identity_command(key));
        if (!stored) co_return stored;
    }
    core::SealKey seal_key = *catalog_.seal_key();
    if (planted(Bug::iterator_key_made_anew)) env_.random.fill(seal_key);
    seal_.emplace(seal_key, env_.random);
    for (const Stream* stream : catalog_.all())
        for (const auto& [name, consumer] : stream->consumers)
            if (consumer.deleting_ms) schedule_consumer_removal(stream->generation, name, 0);
    // What is there at the start has been made.
    for (const Stream* stream : catalog_.all()) {
        latest_ms_ = std::max(latest_ms_, stream->created_ms + transition_ms());
        for (const auto& [name, consumer] : stream->consumers)
            latest_ms_ = std::max(latest_ms_, consumer.created_ms + transition_ms());
    }
    for (const Stream* stream : catalog_.all())
        if (stream->deleting_ms)
            schedule_deletion(stream->generation, 0);
        else if (stream->updating || stream->changing)
            schedule_settling(stream->generation, 0);
    schedule_sweep();
    schedule_scaling();
    co_return {};
}

// Shards that were left over when the process died. But where the disk has lost commands, they may
// just as well be a stream's that is not known any more: nothing is removed then.
Result<> Streams::forget_unknown_shards() {
    std::vector<log::ShardId> unknown;
    std::string names;
    for (log::ShardId shard : log_.shards()) {
        if (log::is_reserved(shard) || catalog_.knows(shard)) continue;
        unknown.push_back(shard);
        names += (names.empty() ? "" : ", ") + std::to_string(shard.value);
    }
    if (unknown.empty()) return {};
    if (!log_.whole(log::control_shard))
        return fail(Code::corrupt,
                    "commands are lost (see the damage reported above), and nothing that is left "
                    "tells of the streams to which these log shards belong: " +
                        names +
                        ". A start would remove their records. Restore a backup, or see `fors "
                        "journal salvage --help`.");
    for (log::ShardId shard : unknown) log_.trim(shard, log::Sequence{~uint64_t{0}});
    return {};
}

void Streams::stop() {
    stopping_ = true;
    env_.executor.cancel(sweep_timer_);
    env_.executor.cancel(scaling_timer_);
}

Result<Streams::Named> Streams::named(const Context& context,
                                      const StreamReference& reference) const {
    if (!reference.stream_name && !reference.stream_arn)
        return fail(Code::invalid_argument, "Either StreamName or StreamARN must be provided.");
    Named named{context.caller.account, context.caller.region,
                reference.stream_name.value_or(std::string_view{})};
    if (reference.stream_arn) {
        const auto arn = split_stream_arn(*reference.stream_arn);
        if (!arn)
            return fail(Code::invalid_argument, concat("StreamARN ", *reference.stream_arn,
                                                       " is not the ARN of a stream."));
        if (reference.stream_name && *reference.stream_name != arn->name)
            return fail(Code::invalid_argument,
                        concat("StreamName ", *reference.stream_name, " and StreamARN ",
                               *reference.stream_arn, " do not name the same stream."));
        named.name = arn->name;
        named.account = arn->account;
        // Streams of other regions do not exist for this caller.
        if (arn->region != named.region)
            return fail(Code::not_found, text_stream_not_found(arn->name, arn->account));
    }
    return named;
}

Result<const Stream*> Streams::locate(const Context& context,
                                      const StreamReference& reference) const {
    auto name = named(context, reference);
    if (!name) return std::unexpected(std::move(name.error()));
    const Stream* stream = catalog_.find(name->account, name->region, name->name);
    if (!stream && name->account != context.caller.account)
        return std::unexpected(denied_silently(context, *reference.stream_arn));
    if (!stream || reference.stream_id)  // ids are never given out (describe.cc)
        return fail(Code::not_found, text_stream_not_found(name->name, name->account));
    return stream;
}

Result<const Stream*> Streams::find(const Context& context, const StreamReference& reference) {
    auto stream = locate(context, reference);
    if (!stream) return stream;
    if (auto fault = authorize(context, **stream)) return std::unexpected(std::move(*fault));
    if (auto fault = take_call(context, *stream)) return std::unexpected(std::move(*fault));
    return stream;
}

std::optional<Error> Streams::take_call(const Context& context, const Stream* stream) {
    const auto& [account, region] = std::tie(context.caller.account, context.caller.region);
    if (!options_.limits || call_rates_.take(context.operation, account, region,
                                             stream ? stream->generation : 0, steady_ns()))
        return std::nullopt;
    return Error{Code::limit_exceeded, stream ? text_stream_rate(stream->name, stream->account)
                                              : text_account_rate(account)};
}

Result<const Stream*> Streams::find_active(const Context& context,
                                           const StreamReference& reference) {
    auto stream = find(context, reference);
    if (stream && status(**stream, context.now_ms) != Status::active)
        return fail(Code::in_use, text_not_active((*stream)->name, (*stream)->account,
                                                  status_text(**stream, context.now_ms)));
    return stream;
}

Result<const Stream*> Streams::find_readable(const Context& context,
                                             const StreamReference& reference) {
    auto stream = find(context, reference);
    const bool readable = stream && status(**stream, context.now_ms) != Status::creating &&
                          status(**stream, context.now_ms) != Status::deleting;
    if (stream && !readable)
        return fail(Code::not_found, text_stream_not_found((*stream)->name, (*stream)->account));
    return stream;
}

bool Streams::in_creation(int64_t created_ms, int64_t now_ms) const {
    latest_ms_ = std::max(latest_ms_, now_ms);
    return created_ms <= latest_ms_ && latest_ms_ < created_ms + transition_ms();
}

Streams::Status Streams::status(const Stream& stream, int64_t now_ms) const {
    if (stream.deleting_ms) return Status::deleting;
    if (in_creation(stream.created_ms, now_ms)) return Status::creating;
    // The shards of an on-demand stream come and go unnoticed.
    const bool resharding = stream.updating && !stream.on_demand;
    return stream.changing || resharding ? Status::updating : Status::active;
}

std::string_view Streams::status_text(const Stream& stream, int64_t now_ms) const {
    switch (status(stream, now_ms)) {
        case Status::creating:
            return "CREATING";
        case Status::active:
            return "ACTIVE";
        case Status::updating:
            return "UPDATING";
        case Status::deleting:
            return "DELETING";
    }
    return {};
}

std::string_view Streams::seal_token(std::string_view purpose, std::string_view content,
                                     const Context& context) {
    const std::string issued = std::to_string(context.now_ms);
    const std::string bound =
        concat(issued, "\n", context.caller.account, "\n", context.caller.region, "\n", content);
    return context.arena.copy(seal_->seal(purpose, bound));
}

Result<std::string> Streams::open_token(std::string_view purpose, std::string_view token,
                                        const Context& context) {
    auto bound = seal_->open(purpose, token);
    const std::string owner =
        concat("\n", context.caller.account, "\n", context.caller.region, "\n");
    const size_t at = bound ? bound->find(owner) : std::string::npos;
    if (at == std::string::npos) return fail(Code::invalid_argument, "Invalid NextToken.");
    const int64_t issued_ms = std::stoll(bound->substr(0, at));
    if (context.now_ms - issued_ms > token_lifetime_ms)
        return fail(Code::expired_token, "The provided token has expired.");
    return bound->substr(at + owner.size());
}

}  // namespace fors::streams
