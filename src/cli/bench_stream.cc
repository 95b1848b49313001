// SPDX-License-Identifier: Apache-2.0
// The stream of fors bench: found or made, filled, given consumers; and taken away again.
#include <unistd.h>

#include <algorithm>

#include "base/base64.h"
#include "cli/bench.h"

namespace fors::cli {

namespace {

using client::json_string;

constexpr int wait_ms = 100;
constexpr int waits_max = 1200;  // AWS takes up to a minute
constexpr uint32_t fill_records_max = 500;
constexpr size_t fill_bytes_max = 4 << 20;

}  // namespace

std::string BenchStream::named() const { return R"({"StreamName":)" + json_string(name_); }

Result<> BenchStream::prepare() {
    name_ = options_.stream;
    if (name_.empty()) {
        auto made = create();
        if (!made) return made;
    }
    auto active = await_active();
    if (active) active = find_shards();
    return active;
}

Result<> BenchStream::create() {
    // Runs beside each other have different names.
    name_ = "fors-bench-" + std::to_string(session_.console().now_ms()) + "-" +
            std::to_string(getpid());
    auto created = session_.call(
        "CreateStream", named() + R"(,"ShardCount":)" + std::to_string(options_.shards) + "}");
    if (!created) return std::unexpected(std::move(created.error()));
    created_ = true;
    return {};
}

Result<> BenchStream::await_active() {
    for (int waits = 0; waits < waits_max; ++waits) {
        auto answer = session_.call("DescribeStreamSummary", named() + "}");
        if (!answer) return std::unexpected(std::move(answer.error()));
        Json summary;
        if ((*answer)["StreamDescriptionSummary"].get(summary) != simdjson::SUCCESS)
            return fail(Code::internal, "DescribeStreamSummary: the answer holds no description");
        arn_ = text_of(summary, "StreamARN");
        const auto status = text_of(summary, "StreamStatus");
        if (status == "ACTIVE" || status == "UPDATING") return {};
        session_.console().sleep(wait_ms);
    }
    return fail(Code::unavailable, name_ + " does not become ACTIVE");
}

Result<> BenchStream::find_shards() {
    std::string body = named() + "}";
    while (!body.empty()) {
        auto answer = session_.call("ListShards", body);
        if (!answer) return std::unexpected(std::move(answer.error()));
        each(*answer, "Shards", [&](Json shard) {
            Json range;
            const bool ranged = shard["SequenceNumberRange"].get(range) == simdjson::SUCCESS;
            if (ranged && text_of(range, "EndingSequenceNumber").empty())
                shards_.emplace_back(text_of(shard, "ShardId"));
        });
        const auto next = text_of(*answer, "NextToken");
        body = next.empty() ? "" : R"({"NextToken":)" + json_string(next) + "}";
    }
    if (shards_.empty()) return fail(Code::not_found, name_ + " has no open shard");
    return {};
}

Result<> BenchStream::fill(uint32_t records, uint32_t size) {
    if (!created_) return {};
    std::string data;
    base64::encode(as_bytes(std::string(size, 'x')), data);
    const auto fitting = static_cast<uint32_t>(std::max<size_t>(1, fill_bytes_max / (size + 16)));
    const uint32_t most = std::min(fill_records_max, fitting);
    uint32_t key = 0;
    for (int refusals = 0; records > 0;) {
        const uint32_t count = std::min(records, most);
        std::string body = named() + R"(,"Records":[)";
        for (uint32_t at = 0; at < count; ++at)
            body += std::string(at > 0 ? "," : "") + R"({"PartitionKey":"key-)" +
                    std::to_string(key++) + R"(","Data":")" + data + "\"}";
        auto answer = session_.call("PutRecords", body + "]}");
        if (!answer) return std::unexpected(std::move(answer.error()));
        const auto failed = static_cast<uint32_t>(number_of(*answer, "FailedRecordCount"));
        records -= count - std::min(failed, count);
        if (failed == 0) continue;
        if (++refusals > waits_max)
            return fail(Code::throttled, name_ + " can't be filled: its puts are throttled");
        session_.console().sleep(wait_ms);
    }
    return {};
}

Result<> BenchStream::register_consumers(uint32_t count) {
    for (uint32_t at = 0; at < count; ++at) {
        const std::string consumer =
            "fors-bench-" + std::to_string(getpid()) + "-" + std::to_string(at);
        auto answer = session_.call("RegisterStreamConsumer",
                                    R"({"StreamARN":)" + json_string(arn_) + R"(,"ConsumerName":)" +
                                        json_string(consumer) + "}");
        if (!answer) return std::unexpected(std::move(answer.error()));
        Json made;
        if ((*answer)["Consumer"].get(made) == simdjson::SUCCESS)
            consumers_.emplace_back(text_of(made, "ConsumerARN"));
    }
    for (const std::string& arn : consumers_) {
        auto active = await_consumer(arn);
        if (!active) return active;
    }
    return {};
}

Result<> BenchStream::await_consumer(const std::string& arn) {
    const std::string body = R"({"ConsumerARN":)" + json_string(arn) + "}";
    for (int waits = 0; waits < waits_max; ++waits) {
        auto answer = session_.call("DescribeStreamConsumer", body);
        if (!answer) return std::unexpected(std::move(answer.error()));
        Json consumer;
        if ((*answer)["ConsumerDescription"].get(consumer) == simdjson::SUCCESS &&
            text_of(consumer, "ConsumerStatus") == "ACTIVE")
            return {};
        session_.console().sleep(wait_ms);
    }
    return fail(Code::unavailable, "a consumer does not become ACTIVE");
}

Result<> BenchStream::remove() {
    Result<> done{};
    if (created_) {
        auto answer =
            session_.call("DeleteStream", named() + R"(,"EnforceConsumerDeletion":true})");
        if (!answer) done = std::unexpected(std::move(answer.error()));
        return done;
    }
    for (const std::string& arn : consumers_) {
        auto answer = session_.call("DeregisterStreamConsumer",
                                    R"({"ConsumerARN":)" + json_string(arn) + "}");
        if (!answer) done = std::unexpected(std::move(answer.error()));
    }
    return done;
}

}  // namespace fors::cli
