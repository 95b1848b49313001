// SPDX-License-Identifier: Apache-2.0
// Names and units (reference, section 6).
#include "streams/telemetry.h"

#include <algorithm>

#include "streams/texts.h"

namespace fors::streams {

namespace {

constexpr std::string_view space = "AWS/Kinesis";
constexpr std::string_view bytes = "Bytes", milliseconds = "Milliseconds", number = "Count";

struct Named {
    std::string_view name, unit;
};

constexpr std::array<Named, static_cast<size_t>(Measure::count)> of_stream{{
    {"GetRecords.Bytes", bytes},
    {"GetRecords.IteratorAgeMilliseconds", milliseconds},
    {"GetRecords.IteratorAge", milliseconds},
    {"GetRecords.Latency", milliseconds},
    {"GetRecords.Records", number},
    {"GetRecords.Success", number},
    {"IncomingBytes", bytes},
    {"IncomingRecords", number},
    {"PutRecord.Bytes", bytes},
    {"PutRecord.Latency", milliseconds},
    {"PutRecord.Success", number},
    {"PutRecords.Bytes", bytes},
    {"PutRecords.Latency", milliseconds},
    {"PutRecords.Records", number},
    {"PutRecords.Success", number},
    {"PutRecords.TotalRecords", number},
    {"PutRecords.SuccessfulRecords", number},
    {"PutRecords.FailedRecords", number},
    {"PutRecords.ThrottledRecords", number},
    {"ReadProvisionedThroughputExceeded", number},
    {"WriteProvisionedThroughputExceeded", number},
}};

constexpr std::array<Named, static_cast<size_t>(ShardMeasure::count)> of_shard{{
    {"IncomingBytes", bytes},
    {"IncomingRecords", number},
    {"OutgoingBytes", bytes},
    {"OutgoingRecords", number},
    {"WriteProvisionedThroughputExceeded", number},
    {"ReadProvisionedThroughputExceeded", number},
    {"IteratorAgeMilliseconds", milliseconds},
}};

constexpr std::array<Named, static_cast<size_t>(ConsumerMeasure::count)> of_consumer{{
    {"SubscribeToShard.RateExceeded", number},
    {"SubscribeToShard.Success", number},
    {"SubscribeToShardEvent.Success", number},
    {"SubscribeToShardEvent.Bytes", bytes},
    {"SubscribeToShardEvent.Records", number},
    {"SubscribeToShardEvent.MillisBehindLatest", milliseconds},
}};

constexpr uint32_t all_bits = (1u << of_shard.size()) - 1;

template <class M>
constexpr size_t index_of(M measure) {
    return static_cast<size_t>(measure);
}

}  // namespace

uint32_t monitored_bits(std::string_view name) {
    if (name == "ALL") return all_bits;
    const auto at = std::ranges::find(of_shard, name, &Named::name);
    return at == of_shard.end() ? 0 : 1u << (at - of_shard.begin());
}

std::vector<std::string_view> monitored_names(uint32_t bits) {
    std::vector<std::string_view> names;
    for (size_t at = 0; at < of_shard.size(); ++at)
        if (bits >> at & 1) names.push_back(of_shard[at].name);
    return names;
}

StreamTelemetry::StreamTelemetry(core::MetricSink& sink, const Stream& stream)
    : sink_(sink),
      account_(stream.account),
      region_(stream.region),
      stream_(stream.name),
      monitored_(stream.monitored) {}

std::shared_ptr<core::MetricSeries> StreamTelemetry::make(std::string_view name,
                                                          std::string_view unit,
                                                          std::string_view dimension,
                                                          std::string_view value) {
    core::MetricKey key{.account = account_,
                        .region = region_,
                        .space = std::string(space),
                        .name = std::string(name),
                        .dimensions = {{"StreamName", stream_}},
                        .unit = std::string(unit)};
    if (!dimension.empty()) key.dimensions.emplace_back(dimension, value);
    std::ranges::sort(key.dimensions);
    return sink_.series(std::move(key));
}

void StreamTelemetry::add(Measure measure, double value, int64_t now_ms) {
    const size_t at = index_of(measure);
    auto& series = series_[at];
    if (!series) series = make(of_stream[at].name, of_stream[at].unit, {}, {});
    series->add(value, now_ms);
}

void StreamTelemetry::add(ShardMeasure measure, uint32_t shard, double value, int64_t now_ms) {
    const size_t at = index_of(measure);
    if (!(monitored_ >> at & 1)) return;
    auto& series = shards_[shard][at];
    if (!series) series = make(of_shard[at].name, of_shard[at].unit, "ShardId", shard_name(shard));
    series->add(value, now_ms);
}

void StreamTelemetry::add(ConsumerMeasure measure, std::string_view consumer, double value,
                          int64_t now_ms) {
    const size_t at = index_of(measure);
    auto known = consumers_.find(consumer);
    if (known == consumers_.end()) known = consumers_.try_emplace(std::string(consumer)).first;
    auto& series = known->second[at];
    if (!series)
        series = make(of_consumer[at].name, of_consumer[at].unit, "ConsumerName", consumer);
    series->add(value, now_ms);
}

void StreamTelemetry::forget_gone(const Stream& stream, int64_t now_ms) {
    // There may be room by now for what found none.
    const auto ask_again = [](auto& all) {
        for (auto& series : all)
            if (series && !series->kept()) series.reset();
    };
    ask_again(series_);
    for (auto& [shard, all] : shards_) ask_again(all);
    for (auto& [name, all] : consumers_) ask_again(all);
    std::erase_if(consumers_,
                  [&](const auto& each) { return !stream.consumers.contains(each.first); });
    std::erase_if(shards_, [&](const auto& each) {
        const Shard* shard = stream.shards.find(each.first);
        return !shard || stream.shard_expired(*shard, now_ms);
    });
}

void StreamTelemetry::tell(const PutOutcome& put, double latency_ms, int64_t now_ms) {
    const double success = put.stored > 0 ? 1 : 0;
    add(put.batch ? Measure::puts_success : Measure::put_success, success, now_ms);
    add(put.batch ? Measure::puts_latency : Measure::put_latency, latency_ms, now_ms);
    add(Measure::write_exceeded, put.throttled, now_ms);
    if (put.stored > 0) {
        add(put.batch ? Measure::puts_bytes : Measure::put_bytes, put.bytes, now_ms);
        add(Measure::incoming_bytes, put.bytes, now_ms);
        add(Measure::incoming_records, put.stored, now_ms);
    }
    if (!put.batch) return;
    add(Measure::puts_records, put.stored, now_ms);
    add(Measure::puts_total, put.total, now_ms);
    add(Measure::puts_stored, put.stored, now_ms);
    add(Measure::puts_failed, put.failed, now_ms);
    add(Measure::puts_throttled, put.throttled, now_ms);
}

void StreamTelemetry::tell(const GetOutcome& get, double latency_ms, int64_t now_ms) {
    if (get.dry) return;
    const double throttled = get.throttled ? 1 : 0;
    add(Measure::get_success, get.succeeded ? 1 : 0, now_ms);
    add(Measure::get_latency, latency_ms, now_ms);
    add(Measure::read_exceeded, throttled, now_ms);
    add(ShardMeasure::read_exceeded, get.shard, throttled, now_ms);
    if (!get.succeeded) return;
    add(Measure::get_records, get.records, now_ms);
    add(Measure::get_bytes, get.bytes, now_ms);
    add(Measure::get_age, get.age_ms, now_ms);
    add(Measure::get_age_old, get.age_ms, now_ms);
    delivered(get.shard, get.records, get.bytes, get.age_ms, now_ms);
}

void StreamTelemetry::stored(uint32_t shard, double size, int64_t now_ms) {
    if (monitored_ == 0) return;
    add(ShardMeasure::incoming_records, shard, 1, now_ms);
    add(ShardMeasure::incoming_bytes, shard, size, now_ms);
    add(ShardMeasure::write_exceeded, shard, 0, now_ms);
}

void StreamTelemetry::delivered(uint32_t shard, double records, double size, double age_ms,
                                int64_t now_ms) {
    add(ShardMeasure::outgoing_records, shard, records, now_ms);
    add(ShardMeasure::outgoing_bytes, shard, size, now_ms);
    add(ShardMeasure::age, shard, age_ms, now_ms);
}

}  // namespace fors::streams
