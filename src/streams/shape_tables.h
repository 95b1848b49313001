// SPDX-License-Identifier: Apache-2.0
// Tables of streams/shapes.h for streams, shards and settings: names on the wire and constraints;
// compared with the published model by test/conformance.
#pragma once

#include <span>

#include "streams/shapes.h"

namespace fors::wire {

namespace s = fors::streams;

template <>
struct Shape<s::StreamModeDetails> {
    static constexpr std::string_view name = "StreamModeDetails";
    static constexpr Field fields[] = {
        field<&s::StreamModeDetails::stream_mode>("StreamMode", required, s::stream_mode_limits),
    };
};

template <>
struct Shape<s::EnhancedMetrics> {
    static constexpr std::string_view name = "EnhancedMetrics";
    static constexpr Field fields[] = {
        field<&s::EnhancedMetrics::shard_level_metrics>("ShardLevelMetrics", optional,
                                                        s::shard_metrics_limits),
    };
};

template <>
struct Shape<s::HashKeyRange> {
    static constexpr std::string_view name = "HashKeyRange";
    static constexpr Field fields[] = {
        field<&s::HashKeyRange::starting>("StartingHashKey", required, s::hash_key_limits),
        field<&s::HashKeyRange::ending>("EndingHashKey", required, s::hash_key_limits),
    };
};

template <>
struct Shape<s::SequenceNumberRange> {
    static constexpr std::string_view name = "SequenceNumberRange";
    static constexpr Field fields[] = {
        field<&s::SequenceNumberRange::starting>("StartingSequenceNumber", required,
                                                 s::sequence_number_limits),
        field<&s::SequenceNumberRange::ending>("EndingSequenceNumber", optional,
                                               s::sequence_number_limits),
    };
};

template <>
struct Shape<s::ShardOut> {
    static constexpr std::string_view name = "Shard";
    static constexpr Field fields[] = {
        field<&s::ShardOut::shard_id>("ShardId", required, s::name_limits),
        field<&s::ShardOut::parent>("ParentShardId", optional, s::name_limits),
        field<&s::ShardOut::adjacent_parent>("AdjacentParentShardId", optional, s::name_limits),
        field<&s::ShardOut::hash_key_range>("HashKeyRange", required),
        field<&s::ShardOut::sequence_number_range>("SequenceNumberRange", required),
    };
};

template <>
struct Shape<s::CreateStream> {
    static constexpr std::string_view name = "CreateStreamInput";
    static constexpr Field fields[] = {
        field<&s::CreateStream::shard_count>("ShardCount", optional, s::positive_limits),
        field<&s::CreateStream::stream_name>("StreamName", required, s::name_limits),
        field<&s::CreateStream::mode>("StreamModeDetails"),
        field<&s::CreateStream::tags>("Tags", optional, s::tag_map_limits),
        field<&s::CreateStream::warm_throughput>("WarmThroughputMiBps", optional,
                                                 s::natural_limits),
        field<&s::CreateStream::max_record_kib>("MaxRecordSizeInKiB", optional,
                                                s::record_kib_limits),
        field<&s::CreateStream::distribution>("RecordDistributionStrategy", optional,
                                              s::distribution_limits),
    };
};

template <>
struct Shape<s::DeleteStream> {
    static constexpr std::string_view name = "DeleteStreamInput";
    static constexpr Field fields[] = {
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
        field<&s::DeleteStream::enforce_consumer_deletion>("EnforceConsumerDeletion"),
    };
};

template <>
struct Shape<s::DescribeStream> {
    static constexpr std::string_view name = "DescribeStreamInput";
    static constexpr Field fields[] = {
        field<&s::DescribeStream::limit>("Limit", optional, s::page_limits),
        field<&s::DescribeStream::exclusive_start_shard_id>("ExclusiveStartShardId", optional,
                                                            s::name_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::StreamDescription> {
    static constexpr std::string_view name = "StreamDescription";
    static constexpr Field fields[] = {
        field<&s::StreamDescription::name>("StreamName", required, s::name_limits),
        field<&s::StreamDescription::arn>("StreamARN", required, s::stream_arn_limits),
        field<&s::StreamDescription::status>("StreamStatus", required, s::stream_status_limits),
        field<&s::StreamDescription::mode>("StreamModeDetails"),
        field<&s::StreamDescription::shards>("Shards", required),
        field<&s::StreamDescription::has_more_shards>("HasMoreShards", required),
        field<&s::StreamDescription::retention_hours>("RetentionPeriodHours", required),
        field<&s::StreamDescription::created>("StreamCreationTimestamp", required),
        field<&s::StreamDescription::monitoring>("EnhancedMonitoring", required),
        field<&s::StreamDescription::encryption>("EncryptionType", optional, s::encryption_limits),
        field<&s::StreamDescription::key_id>("KeyId", optional, s::key_id_limits),
    };
};

template <>
struct Shape<s::DescribeStreamResult> {
    static constexpr std::string_view name = "DescribeStreamOutput";
    static constexpr Field fields[] = {
        field<&s::DescribeStreamResult::description>("StreamDescription", required),
    };
};

template <>
struct Shape<s::DescribeStreamSummary> {
    static constexpr std::string_view name = "DescribeStreamSummaryInput";
    static constexpr Field fields[] = {
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::WarmThroughput> {
    static constexpr std::string_view name = "WarmThroughputObject";
    static constexpr Field fields[] = {
        field<&s::WarmThroughput::target>("TargetMiBps", optional, s::natural_limits),
        field<&s::WarmThroughput::current>("CurrentMiBps", optional, s::natural_limits),
    };
};

template <>
struct Shape<s::StreamDescriptionSummary> {
    static constexpr std::string_view name = "StreamDescriptionSummary";
    static constexpr Field fields[] = {
        field<&s::StreamDescriptionSummary::name>("StreamName", required, s::name_limits),
        field<&s::StreamDescriptionSummary::arn>("StreamARN", required, s::stream_arn_limits),
        field<&s::StreamDescriptionSummary::status>("StreamStatus", required,
                                                    s::stream_status_limits),
        field<&s::StreamDescriptionSummary::mode>("StreamModeDetails"),
        field<&s::StreamDescriptionSummary::retention_hours>("RetentionPeriodHours", required),
        field<&s::StreamDescriptionSummary::created>("StreamCreationTimestamp", required),
        field<&s::StreamDescriptionSummary::monitoring>("EnhancedMonitoring", required),
        field<&s::StreamDescriptionSummary::encryption>("EncryptionType", optional,
                                                        s::encryption_limits),
        field<&s::StreamDescriptionSummary::key_id>("KeyId", optional, s::key_id_limits),
        field<&s::StreamDescriptionSummary::open_shards>("OpenShardCount", required,
                                                         s::count_limits),
        field<&s::StreamDescriptionSummary::consumers>("ConsumerCount", optional, s::count_limits),
        field<&s::StreamDescriptionSummary::warm_throughput>("WarmThroughput"),
        field<&s::StreamDescriptionSummary::max_record_kib>("MaxRecordSizeInKiB", optional,
                                                            s::record_kib_limits),
        field<&s::StreamDescriptionSummary::distribution>("RecordDistributionStrategy", optional,
                                                          s::distribution_limits),
    };
};

template <>
struct Shape<s::DescribeStreamSummaryResult> {
    static constexpr std::string_view name = "DescribeStreamSummaryOutput";
    static constexpr Field fields[] = {
        field<&s::DescribeStreamSummaryResult::summary>("StreamDescriptionSummary", required),
    };
};

template <>
struct Shape<s::ListStreams> {
    static constexpr std::string_view name = "ListStreamsInput";
    static constexpr Field fields[] = {
        field<&s::ListStreams::limit>("Limit", optional, s::page_limits),
        field<&s::ListStreams::exclusive_start_stream_name>("ExclusiveStartStreamName", optional,
                                                            s::name_limits),
        field<&s::ListStreams::next_token>("NextToken", optional, s::next_token_limits),
    };
};

template <>
struct Shape<s::StreamSummary> {
    static constexpr std::string_view name = "StreamSummary";
    static constexpr Field fields[] = {
        field<&s::StreamSummary::name>("StreamName", required, s::name_limits),
        field<&s::StreamSummary::arn>("StreamARN", required, s::stream_arn_limits),
        field<&s::StreamSummary::status>("StreamStatus", required, s::stream_status_limits),
        field<&s::StreamSummary::mode>("StreamModeDetails"),
        field<&s::StreamSummary::created>("StreamCreationTimestamp"),
    };
};

template <>
struct Shape<s::ListStreamsResult> {
    static constexpr std::string_view name = "ListStreamsOutput";
    static constexpr Field fields[] = {
        field<&s::ListStreamsResult::names>("StreamNames", required, s::stream_names_limits),
        field<&s::ListStreamsResult::has_more>("HasMoreStreams", required),
        field<&s::ListStreamsResult::next_token>("NextToken", optional, s::next_token_limits),
        field<&s::ListStreamsResult::summaries>("StreamSummaries"),
    };
};

template <>
struct Shape<s::ShardFilter> {
    static constexpr std::string_view name = "ShardFilter";
    static constexpr Field fields[] = {
        field<&s::ShardFilter::type>("Type", required, s::shard_filter_limits),
        field<&s::ShardFilter::shard_id>("ShardId", optional, s::name_limits),
        field<&s::ShardFilter::timestamp>("Timestamp"),
    };
};

template <>
struct Shape<s::ListShards> {
    static constexpr std::string_view name = "ListShardsInput";
    static constexpr Field fields[] = {
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
        field<&s::ListShards::next_token>("NextToken", optional, s::next_token_limits),
        field<&s::ListShards::exclusive_start_shard_id>("ExclusiveStartShardId", optional,
                                                        s::name_limits),
        field<&s::ListShards::max_results>("MaxResults", optional, s::page_limits),
        field<&s::ListShards::stream_created>("StreamCreationTimestamp"),
        field<&s::ListShards::filter>("ShardFilter"),
    };
};

template <>
struct Shape<s::ListShardsResult> {
    static constexpr std::string_view name = "ListShardsOutput";
    static constexpr Field fields[] = {
        field<&s::ListShardsResult::shards>("Shards"),
        field<&s::ListShardsResult::next_token>("NextToken", optional, s::next_token_limits),
    };
};

template <>
struct Shape<s::SplitShard> {
    static constexpr std::string_view name = "SplitShardInput";
    static constexpr Field fields[] = {
        s::stream_name_field,
        field<&s::SplitShard::shard_to_split>("ShardToSplit", required, s::name_limits),
        field<&s::SplitShard::new_starting_hash_key>("NewStartingHashKey", required,
                                                     s::hash_key_limits),
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::MergeShards> {
    static constexpr std::string_view name = "MergeShardsInput";
    static constexpr Field fields[] = {
        s::stream_name_field,
        field<&s::MergeShards::shard_to_merge>("ShardToMerge", required, s::name_limits),
        field<&s::MergeShards::adjacent_shard_to_merge>("AdjacentShardToMerge", required,
                                                        s::name_limits),
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::UpdateShardCount> {
    static constexpr std::string_view name = "UpdateShardCountInput";
    static constexpr Field fields[] = {
        s::stream_name_field,
        field<&s::UpdateShardCount::target>("TargetShardCount", required, s::positive_limits),
        field<&s::UpdateShardCount::scaling_type>("ScalingType", required, s::scaling_type_limits),
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::UpdateShardCountResult> {
    static constexpr std::string_view name = "UpdateShardCountOutput";
    static constexpr Field fields[] = {
        field<&s::UpdateShardCountResult::stream_name>("StreamName", optional, s::name_limits),
        field<&s::UpdateShardCountResult::current>("CurrentShardCount", optional,
                                                   s::positive_limits),
        field<&s::UpdateShardCountResult::target>("TargetShardCount", optional, s::positive_limits),
        field<&s::UpdateShardCountResult::stream_arn>("StreamARN", optional, s::stream_arn_limits),
    };
};

template <>
struct Shape<s::SetRetention> {
    static constexpr std::string_view name = "SetRetentionInput";
    static constexpr Field fields[] = {
        field<&s::SetRetention::hours>("RetentionPeriodHours", required),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::EnableEnhancedMonitoring> {
    static constexpr std::string_view name = "EnableEnhancedMonitoringInput";
    static constexpr Field fields[] = {
        field<&s::EnableEnhancedMonitoring::metrics>("ShardLevelMetrics", required,
                                                     s::shard_metrics_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::DisableEnhancedMonitoring> {
    static constexpr std::string_view name = "DisableEnhancedMonitoringInput";
    static constexpr Field fields[] = {
        field<&s::DisableEnhancedMonitoring::metrics>("ShardLevelMetrics", required,
                                                      s::shard_metrics_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::EnhancedMonitoringResult> {
    static constexpr std::string_view name = "EnhancedMonitoringOutput";
    static constexpr Field fields[] = {
        field<&s::EnhancedMonitoringResult::stream_name>("StreamName", optional, s::name_limits),
        field<&s::EnhancedMonitoringResult::current>("CurrentShardLevelMetrics", optional,
                                                     s::shard_metrics_limits),
        field<&s::EnhancedMonitoringResult::desired>("DesiredShardLevelMetrics", optional,
                                                     s::shard_metrics_limits),
        field<&s::EnhancedMonitoringResult::stream_arn>("StreamARN", optional,
                                                        s::stream_arn_limits),
    };
};

template <>
struct Shape<s::StartStreamEncryption> {
    static constexpr std::string_view name = "StartStreamEncryptionInput";
    static constexpr Field fields[] = {
        field<&s::StartStreamEncryption::type>("EncryptionType", required, s::encryption_limits),
        field<&s::StartStreamEncryption::key_id>("KeyId", required, s::key_id_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::StopStreamEncryption> {
    static constexpr std::string_view name = "StopStreamEncryptionInput";
    static constexpr Field fields[] = {
        field<&s::StopStreamEncryption::type>("EncryptionType", required, s::encryption_limits),
        field<&s::StopStreamEncryption::key_id>("KeyId", required, s::key_id_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::AddTags> {
    static constexpr std::string_view name = "AddTagsToStreamInput";
    static constexpr Field fields[] = {
        field<&s::AddTags::tags>("Tags", required, s::tag_map_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::RemoveTags> {
    static constexpr std::string_view name = "RemoveTagsFromStreamInput";
    static constexpr Field fields[] = {
        field<&s::RemoveTags::keys>("TagKeys", required, s::tag_keys_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::ListTags> {
    static constexpr std::string_view name = "ListTagsForStreamInput";
    static constexpr Field fields[] = {
        field<&s::ListTags::limit>("Limit", optional, s::tag_page_limits),
        field<&s::ListTags::exclusive_start_tag_key>("ExclusiveStartTagKey", optional,
                                                     s::tag_key_limits),
        s::stream_name_field,
        s::stream_arn_field,
        s::stream_id_field,
    };
};

template <>
struct Shape<s::Tag> {
    static constexpr std::string_view name = "Tag";
    static constexpr Field fields[] = {
        field<&s::Tag::key>("Key", required, s::tag_key_limits),
        field<&s::Tag::value>("Value", optional, s::tag_value_limits),
    };
};

template <>
struct Shape<s::ListTagsResult> {
    static constexpr std::string_view name = "ListTagsForStreamOutput";
    static constexpr Field fields[] = {
        field<&s::ListTagsResult::tags>("Tags", required, s::tag_list_limits),
        field<&s::ListTagsResult::has_more>("HasMoreTags", required),
    };
};

template <>
struct Shape<s::TagResource> {
    static constexpr std::string_view name = "TagResourceInput";
    static constexpr Field fields[] = {
        field<&s::TagResource::tags>("Tags", required, s::tag_map_limits),
        s::resource_arn_field,
        s::resource_stream_id_field,
    };
};

template <>
struct Shape<s::UntagResource> {
    static constexpr std::string_view name = "UntagResourceInput";
    static constexpr Field fields[] = {
        field<&s::UntagResource::keys>("TagKeys", required, s::tag_keys_limits),
        s::resource_arn_field,
        s::resource_stream_id_field,
    };
};

template <>
struct Shape<s::ListTagsForResource> {
    static constexpr std::string_view name = "ListTagsForResourceInput";
    static constexpr Field fields[] = {
        s::resource_arn_field,
        s::resource_stream_id_field,
    };
};

template <>
struct Shape<s::PutResourcePolicy> {
    static constexpr std::string_view name = "PutResourcePolicyInput";
    static constexpr Field fields[] = {
        s::resource_arn_field,
        s::resource_stream_id_field,
        field<&s::PutResourcePolicy::policy>("Policy", required),
    };
};

template <>
struct Shape<s::GetResourcePolicy> {
    static constexpr std::string_view name = "GetResourcePolicyInput";
    static constexpr Field fields[] = {
        s::resource_arn_field,
        s::resource_stream_id_field,
    };
};

template <>
struct Shape<s::GetResourcePolicyResult> {
    static constexpr std::string_view name = "GetResourcePolicyOutput";
    static constexpr Field fields[] = {
        field<&s::GetResourcePolicyResult::policy>("Policy", required),
    };
};

template <>
struct Shape<s::DeleteResourcePolicy> {
    static constexpr std::string_view name = "DeleteResourcePolicyInput";
    static constexpr Field fields[] = {
        s::resource_arn_field,
        s::resource_stream_id_field,
    };
};

template <>
struct Shape<s::ListTagsForResourceResult> {
    static constexpr std::string_view name = "ListTagsForResourceOutput";
    static constexpr Field fields[] = {
        field<&s::ListTagsForResourceResult::tags>("Tags", optional, s::tag_list_limits),
    };
};

template <>
struct Shape<s::UpdateMaxRecordSize> {
    static constexpr std::string_view name = "UpdateMaxRecordSizeInput";
    static constexpr Field fields[] = {
        s::stream_arn_field,
        s::stream_id_field,
        field<&s::UpdateMaxRecordSize::kib>("MaxRecordSizeInKiB", required, s::record_kib_limits),
    };
};

template <>
struct Shape<s::UpdateStreamMode> {
    static constexpr std::string_view name = "UpdateStreamModeInput";
    static constexpr Field fields[] = {
        field<&s::StreamReference::stream_arn>("StreamARN", required, s::stream_arn_limits),
        s::stream_id_field,
        field<&s::UpdateStreamMode::mode>("StreamModeDetails", required),
        field<&s::UpdateStreamMode::warm_throughput>("WarmThroughputMiBps", optional,
                                                     s::natural_limits),
    };
};

template <>
struct Shape<s::UpdateWarmThroughput> {
    static constexpr std::string_view name = "UpdateStreamWarmThroughputInput";
    static constexpr Field fields[] = {
        s::stream_arn_field,
        s::stream_name_field,
        s::stream_id_field,
        field<&s::UpdateWarmThroughput::mibps>("WarmThroughputMiBps", required, s::natural_limits),
    };
};

template <>
struct Shape<s::UpdateWarmThroughputResult> {
    static constexpr std::string_view name = "UpdateStreamWarmThroughputOutput";
    static constexpr Field fields[] = {
        field<&s::UpdateWarmThroughputResult::stream_arn>("StreamARN", optional,
                                                          s::stream_arn_limits),
        field<&s::UpdateWarmThroughputResult::stream_name>("StreamName", optional, s::name_limits),
        field<&s::UpdateWarmThroughputResult::warm_throughput>("WarmThroughput"),
    };
};

template <>
struct Shape<s::CommitmentIn> {
    static constexpr std::string_view name = "MinimumThroughputBillingCommitmentInput";
    static constexpr Field fields[] = {
        field<&s::CommitmentIn::status>("Status", required, s::commitment_limits),
    };
};

template <>
struct Shape<s::CommitmentOut> {
    static constexpr std::string_view name = "MinimumThroughputBillingCommitmentOutput";
    static constexpr Field fields[] = {
        field<&s::CommitmentOut::status>("Status", required, s::commitment_status_limits),
        field<&s::CommitmentOut::started>("StartedAt"),
        field<&s::CommitmentOut::ended>("EndedAt"),
        field<&s::CommitmentOut::earliest_end>("EarliestAllowedEndAt"),
    };
};

template <>
struct Shape<s::UpdateAccountSettings> {
    static constexpr std::string_view name = "UpdateAccountSettingsInput";
    static constexpr Field fields[] = {
        field<&s::UpdateAccountSettings::commitment>("MinimumThroughputBillingCommitment",
                                                     required),
    };
};

template <>
struct Shape<s::DescribeAccountSettings> {
    static constexpr std::string_view name = "DescribeAccountSettingsInput";
    static constexpr std::span<const Field> fields{};
};

template <>
struct Shape<s::AccountSettings> {
    static constexpr std::string_view name = "DescribeAccountSettingsOutput";
    static constexpr Field fields[] = {
        field<&s::AccountSettings::commitment>("MinimumThroughputBillingCommitment"),
    };
};

template <>
struct Shape<s::UpdateDistribution> {
    static constexpr std::string_view name = "UpdateStreamRecordDistributionStrategyInput";
    static constexpr Field fields[] = {
        field<&s::StreamReference::stream_arn>("StreamARN", required, s::stream_arn_limits),
        s::stream_id_field,
        field<&s::UpdateDistribution::strategy>("RecordDistributionStrategy", required,
                                                s::distribution_limits),
    };
};

template <>
struct Shape<s::DescribeLimits> {
    static constexpr std::string_view name = "DescribeLimitsInput";
    static constexpr std::span<const Field> fields{};
};

template <>
struct Shape<s::DescribeLimitsResult> {
    static constexpr std::string_view name = "DescribeLimitsOutput";
    static constexpr Field fields[] = {
        field<&s::DescribeLimitsResult::shard_limit>("ShardLimit", required, s::count_limits),
        field<&s::DescribeLimitsResult::open_shards>("OpenShardCount", required, s::count_limits),
        field<&s::DescribeLimitsResult::on_demand_streams>("OnDemandStreamCount", required,
                                                           s::count_limits),
        field<&s::DescribeLimitsResult::on_demand_limit>("OnDemandStreamCountLimit", required,
                                                         s::count_limits),
    };
};

}  // namespace fors::wire
