// SPDX-License-Identifier: Apache-2.0
// Tables of streams/shapes.h for what readers and writers say (put, get, consumers, subscriptions):
// names on the wire and constraints; compared with the published model by test/conformance.
#pragma once

#include "streams/shape_tables.h"

namespace fors::wire {

namespace s = fors::streams;

template <>
struct Shape<s::PutRecord> {
    static constexpr std::string_view name = "PutRecordInput";
    static constexpr Field fields[] = {
        field<&s::PutRecord::sequence_number_for_ordering>("SequenceNumberForOrdering", optional,
                                                           s::sequence_number_limits),
        field<&s::PutRecord::partition_key>("PartitionKey", optional, s::partition_key_limits),
        field<&s::PutRecord::explicit_hash_key>("ExplicitHashKey", optional, s::hash_key_limits),
        field<&s::PutRecord::data>("Data", required, s::data_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
        field<&s::PutRecord::dry_run>("DryRun"),
    };
};

template <>
struct Shape<s::PutRecordResult> {
    static constexpr std::string_view name = "PutRecordOutput";
    static constexpr Field fields[] = {
        field<&s::PutRecordResult::shard_id>("ShardId", required, s::name_limits),
        field<&s::PutRecordResult::sequence_number>("SequenceNumber", required,
                                                    s::sequence_number_limits),
        field<&s::PutRecordResult::encryption>("EncryptionType", optional, s::encryption_limits),
    };
};

template <>
struct Shape<s::PutRecordsEntry> {
    static constexpr std::string_view name = "PutRecordsRequestEntry";
    static constexpr Field fields[] = {
        field<&s::PutRecordsEntry::partition_key>("PartitionKey", optional,
                                                  s::partition_key_limits),
        field<&s::PutRecordsEntry::explicit_hash_key>("ExplicitHashKey", optional,
                                                      s::hash_key_limits),
        field<&s::PutRecordsEntry::data>("Data", required, s::data_limits),
    };
};

template <>
struct Shape<s::PutRecords> {
    static constexpr std::string_view name = "PutRecordsInput";
    static constexpr Field fields[] = {
        field<&s::PutRecords::records>("Records", required, s::entries_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
        field<&s::PutRecords::dry_run>("DryRun"),
    };
};

template <>
struct Shape<s::PutRecordsResultEntry> {
    static constexpr std::string_view name = "PutRecordsResultEntry";
    static constexpr Field fields[] = {
        field<&s::PutRecordsResultEntry::sequence_number>("SequenceNumber", optional,
                                                          s::sequence_number_limits),
        field<&s::PutRecordsResultEntry::shard_id>("ShardId", optional, s::name_limits),
        field<&s::PutRecordsResultEntry::error_code>("ErrorCode"),
        field<&s::PutRecordsResultEntry::error_message>("ErrorMessage"),
    };
};

template <>
struct Shape<s::PutRecordsResult> {
    static constexpr std::string_view name = "PutRecordsOutput";
    static constexpr Field fields[] = {
        field<&s::PutRecordsResult::failed_record_count>("FailedRecordCount", optional,
                                                         s::positive_limits),
        field<&s::PutRecordsResult::records>("Records", required, s::entries_limits),
        field<&s::PutRecordsResult::encryption>("EncryptionType", optional, s::encryption_limits),
    };
};

template <>
struct Shape<s::GetShardIterator> {
    static constexpr std::string_view name = "GetShardIteratorInput";
    static constexpr Field fields[] = {
        field<&s::GetShardIterator::shard_id>("ShardId", required, s::name_limits),
        field<&s::GetShardIterator::type>("ShardIteratorType", required, s::iterator_type_limits),
        field<&s::GetShardIterator::starting_sequence_number>("StartingSequenceNumber", optional,
                                                              s::sequence_number_limits),
        field<&s::GetShardIterator::timestamp>("Timestamp"),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
        field<&s::GetShardIterator::dry_run>("DryRun"),
    };
};

template <>
struct Shape<s::GetShardIteratorResult> {
    static constexpr std::string_view name = "GetShardIteratorOutput";
    static constexpr Field fields[] = {
        field<&s::GetShardIteratorResult::shard_iterator>("ShardIterator", optional,
                                                          s::iterator_limits),
    };
};

template <>
struct Shape<s::GetRecords> {
    static constexpr std::string_view name = "GetRecordsInput";
    static constexpr Field fields[] = {
        field<&s::GetRecords::limit>("Limit", optional, s::page_limits),
        field<&s::GetRecords::shard_iterator>("ShardIterator", required, s::iterator_limits),
        field<&s::GetRecords::stream_arn>("StreamARN", optional, s::stream_arn_limits),
        field<&s::GetRecords::stream_id>("StreamId", optional, s::stream_id_limits),
        field<&s::GetRecords::dry_run>("DryRun"),
    };
};

template <>
struct Shape<s::RecordOut> {
    static constexpr std::string_view name = "Record";
    static constexpr Field fields[] = {
        field<&s::RecordOut::sequence_number>("SequenceNumber", required,
                                              s::sequence_number_limits),
        field<&s::RecordOut::arrival>("ApproximateArrivalTimestamp"),
        field<&s::RecordOut::data>("Data", required, s::data_limits),
        field<&s::RecordOut::partition_key>("PartitionKey", nullable, s::partition_key_limits),
        field<&s::RecordOut::encryption>("EncryptionType", optional, s::encryption_limits),
    };
};

template <>
struct Shape<s::ChildShard> {
    static constexpr std::string_view name = "ChildShard";
    static constexpr Field fields[] = {
        field<&s::ChildShard::shard_id>("ShardId", required, s::name_limits),
        field<&s::ChildShard::parent_shards>("ParentShards", required),
        field<&s::ChildShard::hash_key_range>("HashKeyRange", required),
    };
};

template <>
struct Shape<s::GetRecordsResult> {
    static constexpr std::string_view name = "GetRecordsOutput";
    static constexpr Field fields[] = {
        field<&s::GetRecordsResult::records>("Records", required),
        field<&s::GetRecordsResult::next_shard_iterator>("NextShardIterator", optional,
                                                         s::iterator_limits),
        field<&s::GetRecordsResult::millis_behind_latest>("MillisBehindLatest", optional,
                                                          s::natural_limits),
        field<&s::GetRecordsResult::child_shards>("ChildShards"),
    };
};

template <>
struct Shape<s::RegisterStreamConsumer> {
    static constexpr std::string_view name = "RegisterStreamConsumerInput";
    static constexpr Field fields[] = {
        field<&s::StreamReference::stream_arn>("StreamARN", required, s::stream_arn_limits),
        field<&s::RegisterStreamConsumer::consumer_name>("ConsumerName", required, s::name_limits),
        s::stream_id_field,
        field<&s::RegisterStreamConsumer::tags>("Tags", optional, s::tag_map_limits),
    };
};

template <>
struct Shape<s::ConsumerOut> {
    static constexpr std::string_view name = "Consumer";
    static constexpr Field fields[] = {
        field<&s::ConsumerOut::name>("ConsumerName", required, s::name_limits),
        field<&s::ConsumerOut::arn>("ConsumerARN", required, s::consumer_arn_limits),
        field<&s::ConsumerOut::status>("ConsumerStatus", required, s::consumer_status_limits),
        field<&s::ConsumerOut::created>("ConsumerCreationTimestamp", required),
    };
};

template <>
struct Shape<s::ConsumerDescription> {
    static constexpr std::string_view name = "ConsumerDescription";
    static constexpr Field fields[] = {
        field<&s::ConsumerOut::name>("ConsumerName", required, s::name_limits),
        field<&s::ConsumerOut::arn>("ConsumerARN", required, s::consumer_arn_limits),
        field<&s::ConsumerOut::status>("ConsumerStatus", required, s::consumer_status_limits),
        field<&s::ConsumerOut::created>("ConsumerCreationTimestamp", required),
        field<&s::ConsumerDescription::stream_arn>("StreamARN", required, s::stream_arn_limits),
    };
};

template <>
struct Shape<s::RegisterStreamConsumerResult> {
    static constexpr std::string_view name = "RegisterStreamConsumerOutput";
    static constexpr Field fields[] = {
        field<&s::RegisterStreamConsumerResult::consumer>("Consumer", required),
    };
};

template <>
struct Shape<s::DescribeStreamConsumer> {
    static constexpr std::string_view name = "DescribeStreamConsumerInput";
    static constexpr Field fields[] = {
        s::stream_arn_field,
        field<&s::ConsumerReference::consumer_name>("ConsumerName", optional, s::name_limits),
        field<&s::ConsumerReference::consumer_arn>("ConsumerARN", optional, s::consumer_arn_limits),
        s::stream_id_field,
    };
};

template <>
struct Shape<s::DeregisterStreamConsumer> {
    static constexpr std::string_view name = "DeregisterStreamConsumerInput";
    static constexpr Field fields[] = {
        s::stream_arn_field,
        field<&s::ConsumerReference::consumer_name>("ConsumerName", optional, s::name_limits),
        field<&s::ConsumerReference::consumer_arn>("ConsumerARN", optional, s::consumer_arn_limits),
        s::stream_id_field,
    };
};

template <>
struct Shape<s::DescribeStreamConsumerResult> {
    static constexpr std::string_view name = "DescribeStreamConsumerOutput";
    static constexpr Field fields[] = {
        field<&s::DescribeStreamConsumerResult::description>("ConsumerDescription", required),
    };
};

template <>
struct Shape<s::ListStreamConsumers> {
    static constexpr std::string_view name = "ListStreamConsumersInput";
    static constexpr Field fields[] = {
        field<&s::StreamReference::stream_arn>("StreamARN", required, s::stream_arn_limits),
        field<&s::ListStreamConsumers::next_token>("NextToken", optional, s::next_token_limits),
        field<&s::ListStreamConsumers::max_results>("MaxResults", optional, s::page_limits),
        field<&s::ListStreamConsumers::stream_created>("StreamCreationTimestamp"),
        s::stream_id_field,
    };
};

template <>
struct Shape<s::ListStreamConsumersResult> {
    static constexpr std::string_view name = "ListStreamConsumersOutput";
    static constexpr Field fields[] = {
        field<&s::ListStreamConsumersResult::consumers>("Consumers"),
        field<&s::ListStreamConsumersResult::next_token>("NextToken", optional,
                                                         s::next_token_limits),
    };
};

template <>
struct Shape<s::StartingPosition> {
    static constexpr std::string_view name = "StartingPosition";
    static constexpr Field fields[] = {
        field<&s::StartingPosition::type>("Type", required, s::iterator_type_limits),
        field<&s::StartingPosition::sequence_number>("SequenceNumber", optional,
                                                     s::sequence_number_limits),
        field<&s::StartingPosition::timestamp>("Timestamp"),
    };
};

template <>
struct Shape<s::SubscribeToShard> {
    static constexpr std::string_view name = "SubscribeToShardInput";
    static constexpr Field fields[] = {
        field<&s::SubscribeToShard::consumer_arn>("ConsumerARN", required, s::consumer_arn_limits),
        field<&s::SubscribeToShard::stream_id>("StreamId", optional, s::stream_id_limits),
        field<&s::SubscribeToShard::shard_id>("ShardId", required, s::name_limits),
        field<&s::SubscribeToShard::starting_position>("StartingPosition", required),
        field<&s::SubscribeToShard::dry_run>("DryRun"),
    };
};

template <>
struct Shape<s::SubscribeToShardEvent> {
    static constexpr std::string_view name = "SubscribeToShardEvent";
    static constexpr Field fields[] = {
        field<&s::SubscribeToShardEvent::records>("Records", required),
        field<&s::SubscribeToShardEvent::continuation>("ContinuationSequenceNumber", optional,
                                                       s::sequence_number_limits),
        field<&s::SubscribeToShardEvent::millis_behind_latest>("MillisBehindLatest", required,
                                                               s::natural_limits),
        field<&s::SubscribeToShardEvent::child_shards>("ChildShards"),
    };
};

}  // namespace fors::wire
