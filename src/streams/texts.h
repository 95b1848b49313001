// SPDX-License-Identifier: Apache-2.0
// The texts of the service's exceptions, in one place (reference, section 3.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/concat.h"

namespace fors::streams {

std::string shard_name(uint64_t index);                     // shardId-000000000042
std::string_view shard_text(uint64_t index, Arena& arena);  // the same

std::string text_stream_not_found(std::string_view stream, std::string_view account);
std::string text_stream_exists(std::string_view stream, std::string_view account);
std::string text_not_active(std::string_view stream, std::string_view account,
                            std::string_view state);
std::string text_shard_missing(uint64_t shard, std::string_view stream, std::string_view account);
std::string text_shard_malformed(std::string_view shard, std::string_view stream,
                                 std::string_view account);
std::string text_shard_quota(std::string_view account, std::string_view region, int64_t count,
                             int64_t limit, int64_t more);
std::string text_on_demand_quota(std::string_view account, std::string_view region, int64_t count,
                                 int64_t limit);
std::string text_shard_rate(uint64_t shard, std::string_view stream, std::string_view account);
std::string text_stream_rate(std::string_view stream, std::string_view account);
std::string text_account_rate(std::string_view account);
std::string text_too_many_streams_creating(std::string_view account);
std::string text_log_shards_used_up(uint64_t wanted);
std::string text_too_many_tags(std::string_view stream, std::string_view account);
std::string text_expired_iterator(int64_t created_ms, int64_t now_ms);

std::string text_consumer_exists(std::string_view consumer, std::string_view stream,
                                 std::string_view account);
std::string text_consumer_not_active(std::string_view consumer, int64_t created_ms,
                                     std::string_view stream, std::string_view account);
// `holder`: account:stream:shard:consumer.
std::string text_subscription_exists(std::string_view holder);
std::string text_consumer_not_found(std::string_view consumer, std::string_view account);

std::string text_has_consumers(std::string_view stream, std::string_view account);

}  // namespace fors::streams
