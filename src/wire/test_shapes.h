// SPDX-License-Identifier: Apache-2.0
// Shapes for the tests and fuzzers of wire: cuts of real operations, enough to meet every kind of
// member and constraint.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "wire/shape.h"

namespace fors::wire::test {

inline bool is_stream_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_' || c == '.' || c == '-';
    });
}
inline bool is_hash_key(std::string_view text) {
    return !text.empty() && text.size() <= 39 && (text == "0" || text[0] != '0') &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

inline constexpr Limits stream_name{
    .min = 1, .max = 128, .pattern = "[a-zA-Z0-9_.-]+", .matches = is_stream_name};
inline constexpr Limits hash_key{.pattern = R"(0|([1-9]\d{0,38}))", .matches = is_hash_key};
inline constexpr Limits tag_key{.min = 1, .max = 128};
inline constexpr Limits tag_value{.min = 0, .max = 256};
inline constexpr std::array<std::string_view, 2> stream_modes = {"PROVISIONED", "ON_DEMAND"};

struct ModeDetails {
    std::optional<std::string_view> mode;
};
struct CreateStream {
    std::optional<int32_t> shard_count;
    std::optional<std::string_view> stream_name;
    std::optional<ModeDetails> mode;
    std::optional<Map> tags;
    std::optional<std::vector<std::string_view>> tag_keys;
    std::optional<bool> enforce;
    std::optional<int64_t> behind;
    std::optional<Timestamp> when;
};
struct PutRecordsEntry {
    std::optional<Bytes> data;
    std::optional<std::string_view> explicit_hash_key;
    std::optional<std::string_view> partition_key;
};
struct PutRecords {
    std::optional<std::vector<PutRecordsEntry>> records;
    std::optional<std::string_view> stream_name;
};
struct Record {
    std::string_view sequence_number;
    std::optional<Timestamp> arrived;
    Bytes data;
    std::optional<std::string_view> partition_key;
};
struct GetRecordsResult {
    std::vector<Record> records;
    std::optional<std::string_view> next;
    std::optional<int64_t> behind;
};
struct PutRecord {
    std::optional<Bytes> data;
    std::optional<std::string_view> partition_key;
};
struct PutRecordResult {
    std::string_view shard_id;
    std::string_view sequence_number;
};

}  // namespace fors::wire::test

namespace fors::wire {

template <>
struct Shape<test::ModeDetails> {
    static constexpr std::string_view name = "StreamModeDetails";
    static constexpr Field fields[] = {
        field<&test::ModeDetails::mode>("StreamMode", required, {.values = test::stream_modes}),
    };
};
template <>
struct Shape<test::CreateStream> {
    static constexpr std::string_view name = "CreateStreamInput";
    static constexpr Field fields[] = {
        field<&test::CreateStream::shard_count>("ShardCount", optional, {.min = 1, .max = 100'000}),
        field<&test::CreateStream::stream_name>("StreamName", required, test::stream_name),
        field<&test::CreateStream::mode>("StreamModeDetails"),
        field<&test::CreateStream::tags>(
            "Tags", optional,
            {.min = 1, .max = 200, .element = &test::tag_value, .key = &test::tag_key}),
        field<&test::CreateStream::tag_keys>("TagKeys", optional,
                                             {.min = 1, .max = 50, .element = &test::tag_key}),
        field<&test::CreateStream::enforce>("EnforceConsumerDeletion"),
        field<&test::CreateStream::behind>("MillisBehindLatest", optional, {.min = 0}),
        field<&test::CreateStream::when>("Timestamp"),
    };
};
template <>
struct Shape<test::PutRecordsEntry> {
    static constexpr std::string_view name = "PutRecordsRequestEntry";
    static constexpr Field fields[] = {
        field<&test::PutRecordsEntry::partition_key>("PartitionKey", required,
                                                     {.min = 1, .max = 256}),
        field<&test::PutRecordsEntry::explicit_hash_key>("ExplicitHashKey", optional,
                                                         test::hash_key),
        field<&test::PutRecordsEntry::data>("Data", required,
                                            {.min = 0, .max = 10 << 20, .value_hidden = true}),
    };
};
template <>
struct Shape<test::PutRecords> {
    static constexpr std::string_view name = "PutRecordsInput";
    static constexpr Field fields[] = {
        field<&test::PutRecords::records>("Records", required,
                                          {.min = 1, .max = 500, .value_hidden = true}),
        field<&test::PutRecords::stream_name>("StreamName", optional, test::stream_name),
    };
};
template <>
struct Shape<test::Record> {
    static constexpr std::string_view name = "Record";
    static constexpr Field fields[] = {
        field<&test::Record::sequence_number>("SequenceNumber", required),
        field<&test::Record::arrived>("ApproximateArrivalTimestamp"),
        field<&test::Record::data>("Data", required),
        field<&test::Record::partition_key>("PartitionKey", nullable),
    };
};
template <>
struct Shape<test::GetRecordsResult> {
    static constexpr std::string_view name = "GetRecordsOutput";
    static constexpr Field fields[] = {
        field<&test::GetRecordsResult::records>("Records", required),
        field<&test::GetRecordsResult::next>("NextShardIterator", nullable),
        field<&test::GetRecordsResult::behind>("MillisBehindLatest"),
    };
};
template <>
struct Shape<test::PutRecord> {
    static constexpr std::string_view name = "PutRecordInput";
    static constexpr Field fields[] = {
        field<&test::PutRecord::data>("Data", required, {.min = 0, .max = 4}),
        field<&test::PutRecord::partition_key>("PartitionKey", required, {.min = 2, .max = 4}),
    };
};
template <>
struct Shape<test::PutRecordResult> {
    static constexpr std::string_view name = "PutRecordOutput";
    static constexpr Field fields[] = {
        field<&test::PutRecordResult::shard_id>("ShardId", required),
        field<&test::PutRecordResult::sequence_number>("SequenceNumber", required),
    };
};

}  // namespace fors::wire
