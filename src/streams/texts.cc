// SPDX-License-Identifier: Apache-2.0
// Wording as AWS's, letter by letter: tests of users match on it.
#include "streams/texts.h"

#include <ctime>

#include "streams/limits.h"

namespace fors::streams {

namespace {

constexpr std::string_view shard_prefix = "shardId-";
constexpr size_t shard_digits = 12;
constexpr size_t shard_name_bytes = shard_prefix.size() + shard_digits;  // an index has 32 bits

void write_shard_name(uint64_t index, char* out) {
    shard_prefix.copy(out, shard_prefix.size());
    for (size_t at = shard_name_bytes; at-- > shard_prefix.size(); index /= 10)
        out[at] = static_cast<char>('0' + index % 10);
}

}  // namespace

std::string shard_name(uint64_t index) {
    std::string name(shard_name_bytes, '\0');
    write_shard_name(index, name.data());
    return name;
}

std::string_view shard_text(uint64_t index, Arena& arena) {
    auto* out = reinterpret_cast<char*>(arena.allocate(shard_name_bytes));
    write_shard_name(index, out);
    return {out, shard_name_bytes};
}

std::string text_stream_not_found(std::string_view stream, std::string_view account) {
    return concat("Stream ", stream, " under account ", account, " not found.");
}

std::string text_stream_exists(std::string_view stream, std::string_view account) {
    return concat("Stream ", stream, " under account ", account, " already exists.");
}

std::string text_not_active(std::string_view stream, std::string_view account,
                            std::string_view state) {
    return concat("Stream ", stream, " under account ", account, " not ACTIVE, instead in state ",
                  state);
}

std::string text_shard_missing(uint64_t shard, std::string_view stream, std::string_view account) {
    return concat("Shard ", shard_name(shard), " in stream ", stream, " under account ", account,
                  " does not exist");
}

std::string text_shard_malformed(std::string_view shard, std::string_view stream,
                                 std::string_view account) {
    return concat("Could not find shard ", shard, " in stream ", stream, " under account ", account,
                  ".");
}

std::string text_shard_quota(std::string_view account, std::string_view region, int64_t count,
                             int64_t limit, int64_t more) {
    return concat(
        "This request would exceed the shard limit for the account ", account, " in ", region,
        ". Current shard count for the account: ", std::to_string(count),
        ". Limit: ", std::to_string(limit),
        ". Number of additional shards that would have resulted from this request: ",
        std::to_string(more),
        ". Refer to the AWS Service Limits page (http://docs.aws.amazon.com/general/latest/gr/"
        "aws_service_limits.html) for current limits and how to request higher limits.");
}

std::string text_on_demand_quota(std::string_view account, std::string_view region, int64_t count,
                                 int64_t limit) {
    return concat(
        "This request would exceed the limit on the number of On-Demand streams for the "
        "account ",
        account, " in ", region, ". Current On-Demand streams count: ", std::to_string(count),
        ". Limit: ", std::to_string(limit), ".");
}

std::string text_shard_rate(uint64_t shard, std::string_view stream, std::string_view account) {
    return concat("Rate exceeded for shard ", shard_name(shard), " in stream ", stream,
                  " under account ", account, ".");
}

std::string text_stream_rate(std::string_view stream, std::string_view account) {
    return concat("Rate exceeded for stream ", stream, " under account ", account, ".");
}

std::string text_account_rate(std::string_view account) {
    return concat("Rate exceeded for account ", account, ".");
}

std::string text_too_many_streams_creating(std::string_view account) {
    return concat("Account ", account, " has ", std::to_string(streams_creating_max),
                  " streams in CREATING already, which is the limit.");
}

std::string text_log_shards_used_up(uint64_t wanted) {
    return concat("This server can't make ", std::to_string(wanted),
                  " more shards: each has a number of its own, which is never given again, and "
                  "fewer than that are left.");
}

std::string text_too_many_tags(std::string_view stream, std::string_view account) {
    return concat("Failed to add tags to stream ", stream, " under account ", account,
                  " because a given stream cannot have more than 10 tags associated with it.");
}

namespace {

// Java's Date.toString() in UTC: Thu Jan 22 01:22:02 UTC 2015.
std::string java_date(int64_t ms) {
    const std::time_t seconds = ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[40];
    std::strftime(text, sizeof(text), "%a %b %d %H:%M:%S UTC %Y", &parts);
    return text;
}

}  // namespace

std::string text_expired_iterator(int64_t created_ms, int64_t now_ms) {
    return concat("Iterator expired. The iterator was created at time ", java_date(created_ms),
                  " while right now it is ", java_date(now_ms),
                  " which is further in the future than the tolerated delay of 300000 "
                  "milliseconds.");
}

std::string text_consumer_exists(std::string_view consumer, std::string_view stream,
                                 std::string_view account) {
    return concat("Consumer ", consumer, " under stream ", stream, " already exists for account ",
                  account, ".");
}

std::string text_consumer_not_active(std::string_view consumer, int64_t created_ms,
                                     std::string_view stream, std::string_view account) {
    return concat("Consumer ", consumer, " with creation timestamp ",
                  std::to_string(created_ms / 1000), " under stream: ", stream, " , account ",
                  account, " is not in ACTIVE status.");
}

std::string text_subscription_exists(std::string_view holder) {
    return concat("Another active subscription exists for this consumer: ", holder);
}

std::string text_consumer_not_found(std::string_view consumer, std::string_view account) {
    return concat("Consumer ", consumer, ", account ", account, " not found.");
}

std::string text_has_consumers(std::string_view stream, std::string_view account) {
    return concat("DeleteStream can't delete ", account, ":", stream,
                  " because there are consumers associated with this data stream. To delete ",
                  stream,
                  " anyway, set the EnforceConsumerDeletion parameter to true to force the "
                  "deletion of all the consumers that are associated with it.");
}

}  // namespace fors::streams
