// SPDX-License-Identifier: Apache-2.0
// The requests and replies of the Kinesis operations built here, with their tables (reference,
// sections 1.2 to 1.10).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "core/service.h"
#include "streams/patterns.h"
#include "wire/shape.h"

namespace fors::streams {

using Text = std::string_view;
using OptionalText = std::optional<std::string_view>;
using wire::field;
using wire::required;
using wire::Timestamp;

// The members by which a request names its stream; first base of such requests, so that their
// tables reach it.
struct StreamReference {
    OptionalText stream_name, stream_arn, stream_id;
};
inline constexpr auto stream_name_field =
    field<&StreamReference::stream_name>("StreamName", wire::optional, name_limits);
inline constexpr auto stream_arn_field =
    field<&StreamReference::stream_arn>("StreamARN", wire::optional, stream_arn_limits);
inline constexpr auto stream_id_field =
    field<&StreamReference::stream_id>("StreamId", wire::optional, stream_id_limits);

struct StreamModeDetails {
    OptionalText stream_mode;
};
struct EnhancedMetrics {
    std::vector<Text> shard_level_metrics;
};
struct HashKeyRange {
    Text starting, ending;
};
struct SequenceNumberRange {
    Text starting;
    OptionalText ending;
};
struct ShardOut {
    Text shard_id;
    OptionalText parent, adjacent_parent;
    HashKeyRange hash_key_range;
    SequenceNumberRange sequence_number_range;
};

struct CreateStream {
    OptionalText stream_name;
    std::optional<int32_t> shard_count;
    std::optional<StreamModeDetails> mode;
    std::optional<wire::Map> tags;
    std::optional<int32_t> warm_throughput;
    std::optional<int32_t> max_record_kib;
    OptionalText distribution;
};
struct DeleteStream : StreamReference {
    std::optional<bool> enforce_consumer_deletion;
};
struct DescribeStream : StreamReference {
    std::optional<int32_t> limit;
    OptionalText exclusive_start_shard_id;
};
struct StreamDescription {
    Text name, arn, status;
    StreamModeDetails mode;
    std::vector<ShardOut> shards;
    bool has_more_shards = false;
    int32_t retention_hours = 0;
    Timestamp created;
    std::vector<EnhancedMetrics> monitoring;
    Text encryption;
    OptionalText key_id;
};
struct DescribeStreamResult {
    StreamDescription description;
};
struct DescribeStreamSummary : StreamReference {};
struct WarmThroughput {
    std::optional<int32_t> target, current;
};
struct StreamDescriptionSummary {
    Text name, arn, status;
    StreamModeDetails mode;
    int32_t retention_hours = 0;
    Timestamp created;
    std::vector<EnhancedMetrics> monitoring;
    Text encryption;
    OptionalText key_id;
    int32_t open_shards = 0;
    int32_t consumers = 0;
    std::optional<WarmThroughput> warm_throughput;
    int32_t max_record_kib = 0;
    OptionalText distribution;
};
struct DescribeStreamSummaryResult {
    StreamDescriptionSummary summary;
};
struct ListStreams {
    std::optional<int32_t> limit;
    OptionalText exclusive_start_stream_name, next_token;
};
struct StreamSummary {
    Text name, arn, status;
    StreamModeDetails mode;
    Timestamp created;
};
struct ListStreamsResult {
    std::vector<Text> names;
    bool has_more = false;
    OptionalText next_token;
    std::vector<StreamSummary> summaries;
};
struct ShardFilter {
    OptionalText type, shard_id;
    std::optional<Timestamp> timestamp;
};
struct ListShards : StreamReference {
    OptionalText next_token, exclusive_start_shard_id;
    std::optional<int32_t> max_results;
    std::optional<Timestamp> stream_created;
    std::optional<ShardFilter> filter;
};
struct ListShardsResult {
    std::vector<ShardOut> shards;
    OptionalText next_token;
};
struct PutRecord : StreamReference {
    std::optional<Bytes> data;
    OptionalText partition_key, explicit_hash_key, sequence_number_for_ordering;
    std::optional<bool> dry_run;
};
struct PutRecordResult {
    Text shard_id, sequence_number;
    OptionalText encryption;
};
struct PutRecordsEntry {
    std::optional<Bytes> data;
    OptionalText explicit_hash_key, partition_key;
};
struct PutRecords : StreamReference {
    std::optional<std::vector<PutRecordsEntry>> records;
    std::optional<bool> dry_run;
};
struct PutRecordsResultEntry {
    OptionalText sequence_number, shard_id, error_code, error_message;
};
struct PutRecordsResult {
    int32_t failed_record_count = 0;
    std::vector<PutRecordsResultEntry> records;
    OptionalText encryption;
};
struct GetShardIterator : StreamReference {
    OptionalText shard_id, type, starting_sequence_number;
    std::optional<Timestamp> timestamp;
    std::optional<bool> dry_run;
};
struct GetShardIteratorResult {
    Text shard_iterator;
};
struct GetRecords {
    OptionalText shard_iterator;
    std::optional<int32_t> limit;
    OptionalText stream_arn, stream_id;
    std::optional<bool> dry_run;
};
struct RecordOut {
    Text sequence_number;
    Timestamp arrival;
    Bytes data;
    OptionalText partition_key, encryption;
};
struct ChildShard {
    Text shard_id;
    std::vector<Text> parent_shards;
    HashKeyRange hash_key_range;
};
struct GetRecordsResult {
    std::vector<RecordOut> records;
    OptionalText next_shard_iterator;
    int64_t millis_behind_latest = 0;
    std::optional<std::vector<ChildShard>> child_shards;
};
// A consumer of enhanced fan-out: by its ARN, or by its name and its stream's ARN.
struct ConsumerReference : StreamReference {
    OptionalText consumer_name, consumer_arn;
};
struct RegisterStreamConsumer : StreamReference {
    OptionalText consumer_name;
    std::optional<wire::Map> tags;
};
struct ConsumerOut {
    Text name, arn, status;
    wire::Timestamp created;
};
struct ConsumerDescription : ConsumerOut {
    Text stream_arn;
};
struct RegisterStreamConsumerResult {
    ConsumerOut consumer;
};
struct DescribeStreamConsumer : ConsumerReference {};
struct DescribeStreamConsumerResult {
    ConsumerDescription description;
};
struct DeregisterStreamConsumer : ConsumerReference {};
struct ListStreamConsumers : StreamReference {
    OptionalText next_token;
    std::optional<int32_t> max_results;
    std::optional<wire::Timestamp> stream_created;
};
struct ListStreamConsumersResult {
    std::vector<ConsumerOut> consumers;
    OptionalText next_token;
};
struct StartingPosition {
    OptionalText type, sequence_number;
    std::optional<Timestamp> timestamp;
};
struct SubscribeToShard {
    OptionalText consumer_arn, stream_id, shard_id;
    std::optional<StartingPosition> starting_position;
    std::optional<bool> dry_run;
};
struct SubscribeToShardEvent {
    std::vector<RecordOut> records;
    OptionalText continuation;
    int64_t millis_behind_latest = 0;
    std::optional<std::vector<ChildShard>> child_shards;
};
struct SplitShard : StreamReference {
    OptionalText shard_to_split, new_starting_hash_key;
};
struct MergeShards : StreamReference {
    OptionalText shard_to_merge, adjacent_shard_to_merge;
};
struct UpdateShardCount : StreamReference {
    std::optional<int32_t> target;
    OptionalText scaling_type;
};
struct UpdateShardCountResult {
    Text stream_name, stream_arn;
    int32_t current = 0, target = 0;
};
struct SetRetention : StreamReference {
    std::optional<int32_t> hours;
};
struct SetMonitoring : StreamReference {
    std::optional<std::vector<Text>> metrics;
};
struct EnableEnhancedMonitoring : SetMonitoring {};
struct DisableEnhancedMonitoring : SetMonitoring {};
struct EnhancedMonitoringResult {
    Text stream_name;
    std::vector<Text> current, desired;
    Text stream_arn;
};
struct SetEncryption : StreamReference {
    OptionalText type, key_id;
};
struct StartStreamEncryption : SetEncryption {};
struct StopStreamEncryption : SetEncryption {};
struct AddTags : StreamReference {
    std::optional<wire::Map> tags;
};
struct RemoveTags : StreamReference {
    std::optional<std::vector<Text>> keys;
};
// A stream or a consumer, by its ARN.
struct ResourceReference {
    OptionalText resource_arn, stream_id;
};
inline constexpr auto resource_arn_field =
    field<&ResourceReference::resource_arn>("ResourceARN", required, resource_arn_limits);
inline constexpr auto resource_stream_id_field =
    field<&ResourceReference::stream_id>("StreamId", wire::optional, stream_id_limits);
struct TagResource : ResourceReference {
    std::optional<wire::Map> tags;
};
struct UntagResource : ResourceReference {
    std::optional<std::vector<Text>> keys;
};
struct ListTagsForResource : ResourceReference {};
struct PutResourcePolicy : ResourceReference {
    OptionalText policy;
};
struct GetResourcePolicy : ResourceReference {};
struct GetResourcePolicyResult {
    Text policy;
};
struct DeleteResourcePolicy : ResourceReference {};
struct UpdateMaxRecordSize : StreamReference {
    std::optional<int32_t> kib;
};
struct UpdateStreamMode : StreamReference {
    std::optional<StreamModeDetails> mode;
    std::optional<int32_t> warm_throughput;
};
struct UpdateWarmThroughput : StreamReference {
    std::optional<int32_t> mibps;
};
struct UpdateWarmThroughputResult {
    OptionalText stream_arn, stream_name;
    std::optional<WarmThroughput> warm_throughput;
};
// MinimumThroughputBillingCommitment.
struct CommitmentIn {
    OptionalText status;
};
struct CommitmentOut {
    Text status;
    std::optional<Timestamp> started, ended, earliest_end;
};
struct UpdateAccountSettings {
    std::optional<CommitmentIn> commitment;
};
struct DescribeAccountSettings {};
struct AccountSettings {
    std::optional<CommitmentOut> commitment;
};
struct UpdateDistribution : StreamReference {
    OptionalText strategy;
};
struct ListTags : StreamReference {
    OptionalText exclusive_start_tag_key;
    std::optional<int32_t> limit;
};
struct Tag {
    Text key;
    OptionalText value;
};
struct ListTagsResult {
    std::vector<Tag> tags;
    bool has_more = false;
};
struct ListTagsForResourceResult {
    std::vector<Tag> tags;
};
struct DescribeLimits {
    std::optional<bool> unused;  // the model has no members
};
struct DescribeLimitsResult {
    int32_t shard_limit = 0, open_shards = 0, on_demand_streams = 0, on_demand_limit = 0;
};

}  // namespace fors::streams

#include "streams/record_shape_tables.h"
#include "streams/shape_tables.h"
