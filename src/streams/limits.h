// SPDX-License-Identifier: Apache-2.0
// Every limit of the service in one place (reference, sections 1 and 4.8 to 4.12; AWS guide,
// "Quotas and limits"); `fors limits` prints the table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace fors::streams {

// Of a shard.
inline constexpr double write_bytes_per_second = 1 << 20;
inline constexpr double write_records_per_second = 1000;
inline constexpr double read_bytes_per_second = 2 << 20;
inline constexpr double read_calls_per_second = 5;
inline constexpr double iterator_calls_per_second = 5;

// Of a consumer at a shard.
inline constexpr double consumer_bytes_per_second = 2 << 20;
inline constexpr double subscribe_calls_per_second = 1;
inline constexpr int64_t takeover_ms = 5000;  // so long a subscription can't be taken over

// Of a stream.
inline constexpr size_t consumers_max = 20;
inline constexpr size_t consumers_max_committed = 50;
inline constexpr ptrdiff_t consumers_creating_max = 5;
inline constexpr ptrdiff_t resizes_a_day_max = 10;
inline constexpr size_t resized_shards_max = 10'000;
inline constexpr ptrdiff_t mode_switches_a_day_max = 2;
inline constexpr ptrdiff_t encryption_changes_a_day_max = 25;
inline constexpr int32_t on_demand_shards_min = 4;
inline constexpr int32_t on_demand_shards_max = 10'240;
inline constexpr int32_t warm_mibps_max = 10'240;
inline constexpr int32_t retention_hours_min = 24;
inline constexpr int32_t retention_hours_max = 8760;
inline constexpr size_t tags_max = 50;
inline constexpr size_t policy_bytes_max = 20 << 10;

// Of an account in a region.
inline constexpr int64_t shards_per_account_max = 20'000;
inline constexpr int64_t on_demand_streams_max = 50;
inline constexpr ptrdiff_t streams_creating_max = 5;

// Of a request.
inline constexpr size_t batch_bytes_max = 10 << 20;    // PutRecords, and a GetRecords reply
inline constexpr int64_t token_lifetime_ms = 300'000;  // iterators and pagination tokens

// Calls of an operation that an account in a region, or a stream, may make (--limits aws).
struct CallRate {
    enum class Per : uint8_t { account, stream };
    std::string_view operation;
    Per per;
    double calls_per_second;
};

inline constexpr auto call_rates = std::to_array<CallRate>({
    {"AddTagsToStream", CallRate::Per::account, 5},
    {"CreateStream", CallRate::Per::account, 5},
    {"DecreaseStreamRetentionPeriod", CallRate::Per::stream, 5},
    {"DeleteResourcePolicy", CallRate::Per::account, 5},
    {"DeleteStream", CallRate::Per::account, 5},
    {"DeregisterStreamConsumer", CallRate::Per::stream, 5},
    {"DescribeAccountSettings", CallRate::Per::account, 5},
    {"DescribeLimits", CallRate::Per::account, 1},
    {"DescribeStream", CallRate::Per::account, 10},
    {"DescribeStreamConsumer", CallRate::Per::stream, 20},
    {"DescribeStreamSummary", CallRate::Per::account, 20},
    {"DisableEnhancedMonitoring", CallRate::Per::stream, 5},
    {"EnableEnhancedMonitoring", CallRate::Per::stream, 5},
    {"GetResourcePolicy", CallRate::Per::account, 5},
    {"IncreaseStreamRetentionPeriod", CallRate::Per::stream, 5},
    {"ListShards", CallRate::Per::stream, 1000},
    {"ListStreamConsumers", CallRate::Per::stream, 5},
    {"ListStreams", CallRate::Per::account, 5},
    {"ListTagsForStream", CallRate::Per::stream, 5},
    {"MergeShards", CallRate::Per::stream, 5},
    {"PutResourcePolicy", CallRate::Per::account, 5},
    {"RegisterStreamConsumer", CallRate::Per::stream, 5},
    {"RemoveTagsFromStream", CallRate::Per::stream, 5},
    {"SplitShard", CallRate::Per::stream, 5},
    {"UpdateAccountSettings", CallRate::Per::account, 5},
    {"UpdateMaxRecordSize", CallRate::Per::account, 5},
    {"UpdateShardCount", CallRate::Per::account, 10},
    {"UpdateStreamWarmThroughput", CallRate::Per::account, 5},
});

struct Limit {
    std::string_view of, what;
    double value;
    std::string_view unit;
    bool with_limits;  // holds with --limits aws alone
};

inline constexpr auto limit_table = std::to_array<Limit>({
    {"shard", "written", write_bytes_per_second, "bytes/s", true},
    {"shard", "written", write_records_per_second, "records/s", true},
    {"shard", "read by GetRecords", read_bytes_per_second, "bytes/s", true},
    {"shard", "GetRecords", read_calls_per_second, "calls/s", true},
    {"shard", "GetShardIterator", iterator_calls_per_second, "calls/s", true},
    {"consumer and shard", "pushed", consumer_bytes_per_second, "bytes/s", true},
    {"consumer and shard", "SubscribeToShard", subscribe_calls_per_second, "calls/s", true},
    {"consumer and shard", "before a takeover", takeover_ms, "ms", true},
    {"stream", "consumers", consumers_max, "", false},
    {"stream", "consumers, on demand with a commitment", consumers_max_committed, "", false},
    {"stream", "consumers in CREATING", consumers_creating_max, "", false},
    {"stream", "UpdateShardCount", resizes_a_day_max, "a day", true},
    {"stream", "UpdateShardCount, up to", resized_shards_max, "shards", false},
    {"stream", "UpdateShardCount, at most", 2, "times, or by half", true},
    {"stream", "mode switches", mode_switches_a_day_max, "a day", true},
    {"stream", "encryption, starts and stops each", encryption_changes_a_day_max, "a day", true},
    {"stream", "on demand, at least", on_demand_shards_min, "shards", false},
    {"stream", "on demand, at most", on_demand_shards_max, "shards", false},
    {"stream", "warm throughput", warm_mibps_max, "MiB/s", false},
    {"stream", "retention, at least", retention_hours_min, "hours", false},
    {"stream", "retention, at most", retention_hours_max, "hours", false},
    {"stream or consumer", "tags", tags_max, "", false},
    {"stream or consumer", "resource policy", policy_bytes_max, "bytes", false},
    {"account and region", "provisioned shards", shards_per_account_max, "", true},
    {"account and region", "on-demand streams", on_demand_streams_max, "", true},
    {"account and region", "streams in CREATING", streams_creating_max, "", true},
    {"request", "PutRecords, GetRecords' answer", batch_bytes_max, "bytes", false},
    {"token", "shard iterator, NextToken", token_lifetime_ms, "ms", false},
});

}  // namespace fors::streams
