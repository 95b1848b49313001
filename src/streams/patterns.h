// SPDX-License-Identifier: Apache-2.0
// The patterns and enums of the Kinesis model: each as AWS prints it, with a whole-string test.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "wire/shape.h"

namespace fors::streams {

bool is_name(std::string_view text);             // [a-zA-Z0-9_.-]+
bool is_consumer_arn(std::string_view text);     // a stream's ARN, then /consumer/NAME:DIGITS
bool is_stream_arn(std::string_view text);       // arn:aws.*:kinesis:.*:\d{12}:stream/\S+
bool is_resource_arn(std::string_view text);     // arn:aws.*:kinesis:.*:\d{12}:.*(stream|...)/\S+
bool is_stream_id(std::string_view text);        // [a-z0-9]{20}-[a-z0-9]{3}
bool is_sequence_number(std::string_view text);  // 0|([1-9]\d{0,128})
bool is_hash_key(std::string_view text);         // 0|([1-9]\d{0,38})

struct StreamArn {
    std::string_view region, account, name;
};
// The parts of what is_stream_arn() takes, else nothing.
std::optional<StreamArn> split_stream_arn(std::string_view text);

inline constexpr std::array<std::string_view, 2> stream_modes{"PROVISIONED", "ON_DEMAND"};
inline constexpr std::array<std::string_view, 2> distribution_strategies{"AUTO",
                                                                         "USER_PARTITION_KEY"};
inline constexpr std::array<std::string_view, 5> iterator_types{
    "AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"};
inline constexpr std::array<std::string_view, 6> shard_filter_types{
    "AFTER_SHARD_ID", "AT_TRIM_HORIZON", "FROM_TRIM_HORIZON",
    "AT_LATEST",      "AT_TIMESTAMP",    "FROM_TIMESTAMP"};

inline constexpr std::array<std::string_view, 4> stream_statuses{"CREATING", "DELETING", "ACTIVE",
                                                                 "UPDATING"};
inline constexpr std::array<std::string_view, 3> consumer_statuses{"CREATING", "DELETING",
                                                                   "ACTIVE"};
inline constexpr std::array<std::string_view, 2> commitments{"ENABLED", "DISABLED"};
inline constexpr std::array<std::string_view, 3> commitment_statuses{
    "ENABLED", "DISABLED", "ENABLED_UNTIL_EARLIEST_ALLOWED_END"};
inline constexpr std::array<std::string_view, 1> scaling_types{"UNIFORM_SCALING"};
inline constexpr std::array<std::string_view, 8> shard_metrics{"IncomingBytes",
                                                               "IncomingRecords",
                                                               "OutgoingBytes",
                                                               "OutgoingRecords",
                                                               "WriteProvisionedThroughputExceeded",
                                                               "ReadProvisionedThroughputExceeded",
                                                               "IteratorAgeMilliseconds",
                                                               "ALL"};
inline constexpr std::array<std::string_view, 2> encryption_types{"NONE", "KMS"};

// Constraints of the model's simple shapes (reference, section 1.2).
inline constexpr wire::Limits name_limits{
    .min = 1, .max = 128, .pattern = "[a-zA-Z0-9_.-]+", .matches = is_name};
inline constexpr wire::Limits stream_arn_limits{
    .min = 1,
    .max = 2048,
    .pattern = R"(arn:aws.*:kinesis:.*:\d{12}:stream/\S+)",
    .matches = is_stream_arn};
inline constexpr wire::Limits resource_arn_limits{
    .min = 1,
    .max = 2048,
    .pattern = R"(arn:aws.*:kinesis:.*:\d{12}:.*(stream|channel|queue)/\S+)",
    .matches = is_resource_arn};
inline constexpr wire::Limits stream_id_limits{
    .min = 1, .max = 24, .pattern = "[a-z0-9]{20}-[a-z0-9]{3}", .matches = is_stream_id};
inline constexpr wire::Limits sequence_number_limits{.pattern = R"(0|([1-9]\d{0,128}))",
                                                     .matches = is_sequence_number};
inline constexpr wire::Limits hash_key_limits{.pattern = R"(0|([1-9]\d{0,38}))",
                                              .matches = is_hash_key};
inline constexpr wire::Limits partition_key_limits{.min = 1, .max = 256};
inline constexpr wire::Limits data_limits{.min = 0, .max = 10 << 20, .value_hidden = true};
inline constexpr wire::Limits positive_limits{.min = 1};
inline constexpr wire::Limits natural_limits{.min = 0};
inline constexpr wire::Limits page_limits{.min = 1, .max = 10000};
inline constexpr wire::Limits next_token_limits{.min = 1, .max = 1048576};
inline constexpr wire::Limits iterator_limits{.min = 1, .max = 512};
inline constexpr wire::Limits record_kib_limits{.min = 1024, .max = 10240};
inline constexpr wire::Limits tag_key_limits{.min = 1, .max = 128};
inline constexpr wire::Limits tag_value_limits{.min = 0, .max = 256};
inline constexpr wire::Limits tag_map_limits{
    .min = 1, .max = 200, .element = &tag_value_limits, .key = &tag_key_limits};
inline constexpr wire::Limits tag_keys_limits{.min = 1, .max = 50, .element = &tag_key_limits};
inline constexpr wire::Limits stream_mode_limits{.values = stream_modes};
inline constexpr wire::Limits distribution_limits{.values = distribution_strategies};
inline constexpr wire::Limits iterator_type_limits{.values = iterator_types};
inline constexpr wire::Limits shard_filter_limits{.values = shard_filter_types};
inline constexpr wire::Limits tag_page_limits{.min = 1, .max = 50};
inline constexpr wire::Limits tag_list_limits{.min = 0, .max = 200};
inline constexpr wire::Limits count_limits{.min = 0, .max = 1000000};
inline constexpr wire::Limits stream_names_limits{.element = &name_limits};
inline constexpr wire::Limits stream_status_limits{.values = stream_statuses};
inline constexpr wire::Limits encryption_limits{.values = encryption_types};
inline constexpr wire::Limits shard_metric_limits{.values = shard_metrics};
inline constexpr wire::Limits shard_metrics_limits{
    .min = 1, .max = 7, .element = &shard_metric_limits};
inline constexpr wire::Limits key_id_limits{.min = 1, .max = 2048};
inline constexpr wire::Limits scaling_type_limits{.values = scaling_types};
inline constexpr wire::Limits consumer_arn_limits{
    .min = 1,
    .max = 2048,
    .pattern = R"(^(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+)"
               R"(\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+)",
    .matches = is_consumer_arn};
inline constexpr wire::Limits consumer_status_limits{.values = consumer_statuses};
inline constexpr wire::Limits commitment_limits{.values = commitments};
inline constexpr wire::Limits commitment_status_limits{.values = commitment_statuses};
inline constexpr wire::Limits entries_limits{.min = 1, .max = 500};

}  // namespace fors::streams
