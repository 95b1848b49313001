// SPDX-License-Identifier: Apache-2.0
// streams: Kinesis Data Streams: streams, shards, records and iterators over a Log.
//
// The catalog (which streams there are) folds from the control log; records live in the Log, one
// log shard a Kinesis shard. Everything here runs on the home thread. Operations are grouped by
// file: lifecycle.cc, describe.cc, list_shards.cc, put.cc, iterators.cc, get.cc, retention.cc,
// tags.cc, resource_tags.cc, resource_policies.cc, settings.cc, encryption.cc, monitoring.cc,
// account.cc, scaling.cc, reshard.cc, consumers.cc, subscribe.cc. Who may do what is asked in
// access.cc.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <tuple>
#include <unordered_map>

#include "core/cautious_clock.h"
#include "core/control_log.h"
#include "core/key_provider.h"
#include "core/seal.h"
#include "core/service.h"
#include "env/env.h"
#include "log/log.h"
#include "streams/call_rates.h"
#include "streams/catalog.h"
#include "streams/on_demand.h"
#include "streams/record_cipher.h"
#include "streams/sequence_number.h"
#include "streams/shapes.h"
#include "streams/telemetry.h"
#include "streams/throttle.h"

namespace fors::streams {

struct Options {
    bool limits = true;           // throughput limits and state transitions as the service has them
    int64_t transition_ms = 100;  // how long CREATING and DELETING last, with limits
    int64_t sweep_ms = 10'000;    // how often expired records are trimmed
    // How long a shard has been neither listed nor of use when it is forgotten.
    int64_t forgotten_after_ms = 3'600'000;
    int64_t clock_patience_ms = core::clock_patience_ms;  // until a leap of the clock is believed
    uint32_t snapshot_every = 1000;                       // commands of the control log
};

class Streams final : public core::Service {
public:
    // Everything outlives the service.
    Streams(env::Env env, log::Log& log, core::KeyProvider& keys, core::MetricSink& metrics,
            Options options);

    // Replays the control log, goes on with what was under way, starts the sweeper. Once, before
    // the first request.
    env::Task<Result<>> open();
    // No more background work; call before destruction.
    void stop();

    std::string_view name() const override { return "kinesis"; }
    std::string_view target_prefix() const override { return "Kinesis_20131202"; }
    std::span<const core::Operation> operations() const override;
    std::span<const std::string_view> operations_missing() const override;
    std::span<const core::ErrorName> errors() const override;

    // Whether the wall clock has leapt ahead so far that nothing is destroyed by it yet.
    bool clock_doubted() const { return careful_.doubted(); }
    // See ControlLog.
    uint64_t snapshot_failures() const { return control_.snapshot_failures(); }

    template <class T = core::Nothing>
    using Answer = env::Task<Result<T>>;
    using Context = core::Context;

    // Parameters outlive the tasks: the router holds them until the answer is written.
    Answer<> create_stream(Context&, const CreateStream&);
    Answer<> delete_stream(Context&, const DeleteStream&);
    Answer<DescribeStreamResult> describe_stream(Context&, const DescribeStream&);
    Answer<DescribeStreamSummaryResult> describe_stream_summary(Context&,
                                                                const DescribeStreamSummary&);
    Answer<ListStreamsResult> list_streams(Context&, const ListStreams&);
    Answer<ListShardsResult> list_shards(Context&, const ListShards&);
    Answer<PutRecordResult> put_record(Context&, const PutRecord&);
    Answer<PutRecordsResult> put_records(Context&, const PutRecords&);
    Answer<GetShardIteratorResult> get_shard_iterator(Context&, const GetShardIterator&);
    Answer<GetRecordsResult> get_records(Context&, const GetRecords&);
    Answer<> increase_retention(Context&, const SetRetention&);
    Answer<> decrease_retention(Context&, const SetRetention&);
    Answer<> add_tags(Context&, const AddTags&);
    Answer<> remove_tags(Context&, const RemoveTags&);
    Answer<ListTagsResult> list_tags(Context&, const ListTags&);
    Answer<> tag_resource(Context&, const TagResource&);
    Answer<> untag_resource(Context&, const UntagResource&);
    Answer<ListTagsForResourceResult> list_resource_tags(Context&, const ListTagsForResource&);
    Answer<> put_policy(Context&, const PutResourcePolicy&);
    Answer<GetResourcePolicyResult> get_policy(Context&, const GetResourcePolicy&);
    Answer<> delete_policy(Context&, const DeleteResourcePolicy&);
    Answer<EnhancedMonitoringResult> enable_monitoring(Context&, const EnableEnhancedMonitoring&);
    Answer<EnhancedMonitoringResult> disable_monitoring(Context&, const DisableEnhancedMonitoring&);
    Answer<> start_encryption(Context&, const StartStreamEncryption&);
    Answer<> stop_encryption(Context&, const StopStreamEncryption&);
    Answer<> update_max_record_size(Context&, const UpdateMaxRecordSize&);
    Answer<> update_mode(Context&, const UpdateStreamMode&);
    Answer<> update_distribution(Context&, const UpdateDistribution&);
    Answer<UpdateWarmThroughputResult> update_warm_throughput(Context&,
                                                              const UpdateWarmThroughput&);
    Answer<AccountSettings> update_account(Context&, const UpdateAccountSettings&);
    Answer<AccountSettings> describe_account(Context&, const DescribeAccountSettings&);
    Answer<> split_shard(Context&, const SplitShard&);
    Answer<> merge_shards(Context&, const MergeShards&);
    Answer<UpdateShardCountResult> update_shard_count(Context&, const UpdateShardCount&);
    Answer<RegisterStreamConsumerResult> register_consumer(Context&, const RegisterStreamConsumer&);
    Answer<DescribeStreamConsumerResult> describe_consumer(Context&, const DescribeStreamConsumer&);
    Answer<> deregister_consumer(Context&, const DeregisterStreamConsumer&);
    Answer<ListStreamConsumersResult> list_consumers(Context&, const ListStreamConsumers&);
    Answer<core::Events> subscribe_to_shard(Context&, const SubscribeToShard&);
    Answer<DescribeLimitsResult> describe_limits(Context&, const DescribeLimits&);

private:
    Result<> forget_unknown_shards();

    enum class Status : uint8_t { creating, active, updating, deleting };

    // Which stream a request means; Code::not_found with AWS's text, Code::invalid_argument when it
    // names none or two.
    struct Named {
        std::string_view account, region, name;
    };
    Result<Named> named(const Context& context, const StreamReference& reference) const;
    // The same, whoever asks.
    Result<const Stream*> locate(const Context& context, const StreamReference& reference) const;
    // The same, when the caller may do to it what it is about to do, and now: once an operation,
    // since it counts against the operation's rate (limits.h).
    Result<const Stream*> find(const Context& context, const StreamReference& reference);
    // For changes: ACTIVE only, Code::in_use otherwise.
    Result<const Stream*> find_active(const Context& context, const StreamReference& reference);
    // For records: neither CREATING nor DELETING; UPDATING is fine.
    Result<const Stream*> find_readable(const Context& context, const StreamReference& reference);
    struct FoundConsumer {
        const Stream* stream;
        const std::string* name;
        const Consumer* consumer;
    };

    // Access (access.cc): nothing when the caller may do the context's operation.
    std::optional<Error> authorize(const Context& context, const Stream& stream) const;
    std::optional<Error> authorize(const Context& context, const FoundConsumer& consumer) const;

    // Rates of the control plane (call_rates.h): takes a call of the context's operation, about
    // that stream or (null) none. Code::limit_exceeded when none is left.
    std::optional<Error> take_call(const Context& context, const Stream* stream);

    Status status(const Stream& stream, int64_t now_ms) const;
    // A clock that is set back takes nothing away that was there.
    bool in_creation(int64_t created_ms, int64_t now_ms) const;
    std::string_view status_text(const Stream& stream, int64_t now_ms) const;
    int64_t transition_ms() const { return options_.limits ? options_.transition_ms : 0; }
    int64_t steady_ns() const { return env_.clock.steady().count(); }

    // Describing.
    ShardOut shard_out(const Shard& shard, Arena& arena) const;
    // Closed so long ago that none of its records is kept: not listed. When the clock jumped while
    // it was being closed, its newest record is younger than its end.
    bool unlisted(const Stream& stream, const Shard& shard, int64_t now_ms) const;
    std::optional<Error> check_creating(const Context& context) const;
    std::optional<Error> check_quota(const Context& context, bool on_demand, int64_t shards) const;

    // Writing.
    struct Entry {
        Bytes data;
        OptionalText partition_key, explicit_hash_key;
        HashKey hash;  // of the partition key
    };
    Result<uint32_t> place(const Stream& stream, const Entry& entry, std::string_view path);
    const Shard& shard_at_place(const Stream& stream, uint32_t place);
    bool admit(const Stream& stream, log::ShardId shard, size_t bytes);

    // Reading.
    struct Position {
        uint64_t generation = 0;
        uint32_t shard_index = 0;
        uint64_t sequence = 0;  // of the log: the first record not yet given
        int64_t issued_ms = 0;
        std::string stream;  // its name, for error texts
        std::string account;
    };
    std::string_view seal_position(const Position& position, Arena& arena);
    std::optional<Position> open_position(std::string_view token);
    env::Task<Result<uint64_t>> starting_sequence(const Stream& stream, const Shard& shard,
                                                  const StartingPosition& start,
                                                  std::string_view operation);
    Result<uint64_t> sequence_after_number(const Stream& stream, const Shard& shard,
                                           const StartingPosition& start,
                                           std::string_view operation) const;
    env::Task<Result<log::Batch>> read_unexpired(const Stream& stream, const Shard& shard,
                                                 log::Sequence from, log::ReadLimits limits);

    // Pagination tokens: five minutes, for one purpose.
    std::string_view seal_token(std::string_view purpose, std::string_view content,
                                const Context& context);
    Result<std::string> open_token(std::string_view purpose, std::string_view token,
                                   const Context& context);

    // Consumers.
    Result<FoundConsumer> find_consumer(const Context& context, const ConsumerReference& reference);
    std::string_view consumer_status(const Consumer& consumer, int64_t now_ms) const;
    ConsumerOut consumer_out(const Context& context, const Stream& stream, std::string_view name,
                             const Consumer& consumer) const;
    void schedule_consumer_removal(uint64_t generation, std::string name, int64_t delay_ms);
    env::Task<void> remove_consumer(uint64_t generation, std::string name);

    // Pushing (subscribe.cc, subscription.h). Seats: by generation, consumer's name, shard's index.
    class Subscription;
    struct Seat;
    using SeatKey = std::tuple<uint64_t, std::string, uint32_t>;
    std::optional<Error> check_seat(Seat& seat, std::string_view holder);
    void wake_subscribers(uint64_t generation);
    void remove_seats(uint64_t generation, std::string_view consumer);  // "": all of the stream
    void remove_seats(const Stream& stream);                            // those of forgotten shards

    // A stream, or a consumer of it.
    struct FoundResource {
        const Stream* stream;
        const std::string* consumer_name;  // null: the stream itself
        const Consumer* consumer;
    };
    Result<FoundResource> find_resource(const Context& context, const ResourceReference& reference);
    Answer<> set_policy(const Context& context, const ResourceReference& reference,
                        std::optional<std::string_view> document);
    Answer<> retag(const Context& context, const ResourceReference& reference,
                   const wire::Map* tags, const std::vector<std::string_view>* keys);

    // The account's commitment (account.cc).
    bool committed(const Context& context) const;
    std::optional<Error> check_warm(const Context& context, std::optional<int32_t> mibps) const;

    // Settings that take a stream through UPDATING.
    Answer<> change(uint64_t generation, std::string command);

    // Encryption.
    core::KeyUse key_use(const auth::Caller& caller, const Stream& stream,
                         std::string_view arn) const;  // views: of the stream, `arn` and `caller`
    env::Task<Result<>> ready_to_encrypt(const Context& context, uint64_t generation);
    void learn_key(uint64_t generation, const core::DataKey& made);
    Result<bool> has_data_key(const Context& context, uint64_t generation) const;
    Result<> open_records(const auth::Caller& caller, uint64_t generation, log::ShardId shard,
                          log::Batch& batch);

    // Metrics.
    std::shared_ptr<StreamTelemetry> telemetry(const Stream& stream);
    Answer<EnhancedMonitoringResult> set_monitored(Context& context, const SetMonitoring& in,
                                                   bool enable);

    // Resharding.
    Result<const Stream*> find_reshardable(const Context& context,
                                           const StreamReference& reference);
    Result<uint32_t> shard_named(const Stream& stream, std::string_view shard) const;
    std::optional<Error> check_resize(const Context& context, const Stream& stream,
                                      size_t target) const;
    env::Task<void> settle(uint64_t generation);
    void schedule_settling(uint64_t generation, int64_t delay_ms);
    env::Task<void> finish_settling(uint64_t generation);
    std::optional<std::vector<ChildShard>> children_at_end(const Position& position,
                                                           Arena& arena) const;

    // Background.
    env::Task<Result<>> change_retention(uint64_t generation, int32_t hours);
    env::Task<void> finish_deletion(uint64_t generation);
    void schedule_deletion(uint64_t generation, int64_t delay_ms);
    void schedule_scaling();
    env::Task<void> scale_all();
    env::Task<void> warm_up(uint64_t generation);
    env::Task<void> carry_out(uint64_t generation, ScalingPlan plan, int64_t now_ms);
    env::Task<void> scale(uint64_t generation, const TrafficTable& traffic);
    // The stream while it is on demand and stays.
    const Stream* scalable(uint64_t generation) const;
    void schedule_sweep();
    env::Task<void> sweep();
    env::Task<void> sweep_shard(uint64_t generation, log::ShardId shard);
    using EmptyShards = std::unordered_map<log::ShardId, int64_t>;  // steady ns since when
    env::Task<void> forget_shards(uint64_t generation, EmptyShards& empty);

    env::Env env_;
    log::Log& log_;
    Options options_;
    Catalog catalog_;
    core::ControlLog control_;
    std::optional<core::Seal> seal_;
    core::KeyProvider& keys_;
    RecordCipher cipher_;
    env::Turnstile renewals_;  // of data keys
    core::MetricSink& metrics_;
    std::unordered_map<uint64_t, std::shared_ptr<StreamTelemetry>> telemetry_;  // by generation
    ThrottleTable throttles_;
    CallRates call_rates_;
    std::map<SeatKey, std::shared_ptr<Seat>> seats_;
    TrafficTable traffic_;           // of on-demand streams, since the scaler looked last
    mutable int64_t latest_ms_ = 0;  // of all wall times seen
    core::CautiousClock careful_;
    struct Swept {
        int32_t hours = 0;  // the retention then
        int64_t at_ns = 0;  // steady
    };
    using SweptStreams = std::unordered_map<uint64_t, Swept>;
    SweptStreams swept_;  // by generation
    bool due_for_sweep(const Stream& stream, SweptStreams& swept) const;
    EmptyShards empty_since_;  // shards of no use any more
    env::TimerId sweep_timer_;
    env::TimerId scaling_timer_;
    bool stopping_ = false;
    uint32_t next_auto_shard_ = 0;  // AUTO distribution goes round
};

// All operations built here, by name.
std::span<const core::Operation> operation_list();

// Of a log record: it was put without a partition key (AUTO distribution).
inline constexpr uint16_t flag_no_key = 1;

// The refusal of a caller whom no policy allows what it is about to do to `resource`.
Error denied_silently(const core::Context& context, std::string_view resource);

std::string consumer_arn(const Stream& stream, std::string_view name, const Consumer& consumer);

// Checks of a starting position that need no stream.
std::optional<Error> check_start(const StartingPosition& start, int64_t now_ms);

// A batch's records as they are answered; texts go into `arena`, data stay views. Gives the bytes
// of keys and data.
size_t append_records(const log::Batch& batch, const Shard& shard, Arena& arena,
                      std::vector<RecordOut>& to);

// "shardId-000000000003", "x-3" or "3"; nothing when malformed.
std::optional<uint64_t> parse_shard_id(std::string_view text);

}  // namespace fors::streams
