// SPDX-License-Identifier: Apache-2.0
// Telemetry: the metrics of a stream, its shards and its consumers (developer guide, "Monitor the
// Amazon Kinesis Data Streams service with Amazon CloudWatch"). Namespace AWS/Kinesis.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/metric_series.h"
#include "env/clock.h"
#include "env/executor.h"
#include "streams/catalog.h"

namespace fors::streams {

// Of a stream, always; in the order of the table in telemetry.cc.
enum class Measure : uint8_t {
    get_bytes,
    get_age,
    get_age_old,
    get_latency,
    get_records,
    get_success,
    incoming_bytes,
    incoming_records,
    put_bytes,
    put_latency,
    put_success,
    puts_bytes,
    puts_latency,
    puts_records,
    puts_success,
    puts_total,
    puts_stored,
    puts_failed,
    puts_throttled,
    read_exceeded,
    write_exceeded,
    count,
};

// Of a shard, where enhanced monitoring is on.
enum class ShardMeasure : uint8_t {
    incoming_bytes,
    incoming_records,
    outgoing_bytes,
    outgoing_records,
    write_exceeded,
    read_exceeded,
    age,
    count,
};

// Of a consumer, always.
enum class ConsumerMeasure : uint8_t {
    rate_exceeded,
    success,
    event_success,
    event_bytes,
    event_records,
    event_behind,
    count,
};

// Bits of Stream::monitored, by the names of the model; 0 for an unknown one, all for "ALL".
uint32_t monitored_bits(std::string_view name);
std::vector<std::string_view> monitored_names(uint32_t bits);

// What a PutRecord or a PutRecords came to, in records.
struct PutOutcome {
    bool batch = false;
    double total = 0, stored = 0, throttled = 0, failed = 0;
    double bytes = 0;  // stored: data and keys
};

// What a GetRecords came to.
struct GetOutcome {
    uint32_t shard = 0;
    bool throttled = false, succeeded = false;
    bool dry = false;  // was only tried: not told
    double records = 0, bytes = 0, age_ms = 0;
};

// On the home thread. Series come to be when they are first told of.
class StreamTelemetry {
public:
    StreamTelemetry(core::MetricSink& sink, const Stream& stream);

    void add(Measure measure, double value, int64_t now_ms);
    // Nothing where it isn't monitored.
    void add(ShardMeasure measure, uint32_t shard, double value, int64_t now_ms);
    void add(ConsumerMeasure measure, std::string_view consumer, double value, int64_t now_ms);

    // All that a call says of its stream, and a read of its shard.
    void tell(const PutOutcome& put, double latency_ms, int64_t now_ms);
    void tell(const GetOutcome& get, double latency_ms, int64_t now_ms);
    // A record's way into its shard.
    void stored(uint32_t shard, double bytes, int64_t now_ms);
    // What a read gave, be it pulled or pushed.
    void delivered(uint32_t shard, double records, double bytes, double age_ms, int64_t now_ms);

    void set_monitored(uint32_t bits) { monitored_ = bits; }
    // Lets go of the series of consumers that were deregistered, of shards that have expired, and
    // of those that found no room.
    void forget_gone(const Stream& stream, int64_t now_ms);

private:
    template <class M>
    using SeriesOf = std::array<std::shared_ptr<core::MetricSeries>, static_cast<size_t>(M::count)>;
    std::shared_ptr<core::MetricSeries> make(std::string_view name, std::string_view unit,
                                             std::string_view dimension, std::string_view value);

    core::MetricSink& sink_;
    std::string account_, region_, stream_;
    uint32_t monitored_;
    SeriesOf<Measure> series_;
    std::map<uint32_t, SeriesOf<ShardMeasure>> shards_;
    std::map<std::string, SeriesOf<ConsumerMeasure>, std::less<>> consumers_;
};

// A call while it runs; what it came to is told when it ends, whichever way it does.
template <class Outcome>
class Measured {
public:
    Measured(std::shared_ptr<StreamTelemetry> telemetry, const env::Clock& clock, Outcome outcome)
        : outcome(outcome),
          telemetry_(std::move(telemetry)),
          clock_(clock),
          began_(clock.steady()) {}
    ~Measured() {
        const std::chrono::duration<double, std::milli> latency = clock_.steady() - began_;
        telemetry_->tell(outcome, latency.count(), clock_.wall_ms());
    }
    Measured(const Measured&) = delete;
    Measured& operator=(const Measured&) = delete;

    StreamTelemetry& telemetry() { return *telemetry_; }

    Outcome outcome;

private:
    std::shared_ptr<StreamTelemetry> telemetry_;
    const env::Clock& clock_;
    env::Nanoseconds began_;
};

}  // namespace fors::streams
