// SPDX-License-Identifier: Apache-2.0
// What a subscriber waits for: the log's tail, a change of its stream, its time.
#include "streams/subscription.h"

#include <algorithm>

#include "base/planted.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

using namespace std::chrono_literals;

constexpr env::Nanoseconds lifetime = 5min;
constexpr env::Nanoseconds heartbeat = 5s;
constexpr log::ReadLimits event_limits{.records_max = 10'000, .bytes_max = 1 << 20};

}  // namespace

Streams::Subscription::Subscription(Streams& streams, std::shared_ptr<Seat> seat, Place place)
    : streams_(streams),
      seat_(std::move(seat)),
      place_(std::move(place)),
      ends_at_(now() + lifetime) {}

env::Task<Result<std::optional<core::EventSource::Event>>> Streams::Subscription::next() {
    while (!over_ && now() < ends_at_) {
        if (fault_) {
            over_ = true;
            co_return std::unexpected(*fault_);
        }
        woken_ = false;
        auto filling = fill();
        auto filled = co_await std::move(filling);
        if (!filled) {
            over_ = true;
            co_return std::unexpected(std::move(filled.error()));
        }
        if (*filled) {
            last_event_ = now();
            co_return Event{"SubscribeToShardEvent", &wire::table_of<SubscribeToShardEvent>,
                            &event_};
        }
        auto waiting = wait();
        co_await std::move(waiting);
    }
    co_return std::nullopt;
}

void Streams::Subscription::cancel() {
    over_ = true;
    wake();
}

void Streams::Subscription::end(Error fault) {
    fault_ = std::move(fault);
    wake();
}

void Streams::Subscription::wake() {
    woken_ = true;
    if (auto* waiting = std::exchange(waiting_, nullptr)) waiting->set(true);
}

// Stream, shard and consumer are still those of the beginning.
std::optional<Error> Streams::Subscription::check_place() const {
    const Stream* stream = streams_.catalog_.find(place_.generation);
    if (!stream) return Error{Code::not_found, "The stream has been deleted."};
    if (!stream->shards.find(place_.shard_index))
        return Error{Code::not_found,
                     text_shard_missing(place_.shard_index, stream->name, stream->account)};
    const auto at = stream->consumers.find(place_.consumer);
    const bool same = at != stream->consumers.end() && !at->second.deleting_ms &&
                      at->second.created_ms == place_.consumer_created_ms;
    if (same) return std::nullopt;
    return Error{Code::in_use, text_consumer_not_active(place_.consumer, place_.consumer_created_ms,
                                                        stream->name, stream->account)};
}

bool Streams::Subscription::heartbeat_due() const {
    return !last_event_ || now() - *last_event_ >= heartbeat;
}

// True: `event_` is to be given.
env::Task<Result<bool>> Streams::Subscription::fill() {
    if (auto fault = check_place()) co_return std::unexpected(std::move(*fault));
    event_ = {};
    held_.clear();
    arena_.reset();
    const bool limited = streams_.options_.limits;
    if (limited && !seat_->bytes.has(1, now().count())) co_return false;

    const Stream& stream = *streams_.catalog_.find(place_.generation);
    const Shard shard = stream.shards[place_.shard_index];
    auto reading = streams_.read_unexpired(stream, shard, {place_.sequence}, event_limits);
    auto batch = co_await std::move(reading);
    if (!batch) co_return std::unexpected(std::move(batch.error()));
    auto opened = streams_.open_records(place_.caller, place_.generation, shard.log_id, *batch);
    if (!opened) co_return std::unexpected(std::move(opened.error()));
    const size_t bytes = append_records(*batch, shard, arena_, event_.records);
    held_ = std::move(batch->buffers);
    if (limited) seat_->bytes.charge(static_cast<double>(bytes), now().count());

    place_.sequence = std::max(place_.sequence, batch->next.value);
    if (planted(Bug::subscription_skips_a_record) && event_.records.size() > 5) ++place_.sequence;
    const bool at_tip = place_.sequence >= streams_.log_.bounds(shard.log_id).next.value;
    if (at_tip)
        event_.child_shards = streams_.children_at_end({.generation = place_.generation,
                                                        .shard_index = place_.shard_index,
                                                        .sequence = place_.sequence},
                                                       arena_);
    if (event_.records.empty() && !event_.child_shards && !(at_tip && heartbeat_due())) {
        if (!at_tip) woken_ = true;  // passed over what has expired: reads on
        co_return false;
    }
    const int64_t wall_ms = streams_.env_.clock.wall_ms();
    if (!at_tip && !event_.records.empty())
        event_.millis_behind_latest =
            std::max<int64_t>(0, wall_ms - event_.records.back().arrival.ms);
    tell(bytes, wall_ms);
    if (event_.child_shards) {
        over_ = true;
    } else if (!event_.records.empty()) {
        event_.continuation = event_.records.back().sequence_number;
    } else {
        // Never below the newest record's number, even when the clock was set back.
        const int64_t newest_ms = streams_.log_.bounds(shard.log_id).last_arrival_ms;
        event_.continuation = to_text({.shard_created_s = shard.created_s,
                                       .shard_index = shard.index,
                                       .index = place_.sequence,
                                       .put_s = std::max(wall_ms, newest_ms) / 1000},
                                      arena_);
    }
    co_return true;
}

// Of the event that is to be given.
void Streams::Subscription::tell(size_t size, int64_t now_ms) {
    const Stream* stream = streams_.catalog_.find(place_.generation);  // the read may have waited
    if (!stream) return;
    const auto told = streams_.telemetry(*stream);
    const auto records = static_cast<double>(event_.records.size());
    const auto bytes = static_cast<double>(size);
    const auto behind_ms = static_cast<double>(event_.millis_behind_latest);
    told->add(ConsumerMeasure::event_success, place_.consumer, 1, now_ms);
    told->add(ConsumerMeasure::event_records, place_.consumer, records, now_ms);
    told->add(ConsumerMeasure::event_bytes, place_.consumer, bytes, now_ms);
    told->add(ConsumerMeasure::event_behind, place_.consumer, behind_ms, now_ms);
    told->delivered(place_.shard_index, records, bytes, behind_ms, now_ms);
}

env::Task<void> Streams::Subscription::wait() {
    if (woken_) co_return;
    const int64_t debt_ns = streams_.options_.limits ? seat_->bytes.wait_ns(1, now().count()) : 0;
    env::Nanoseconds until = std::min(ends_at_, last_event_.value_or(now()) + heartbeat);
    if (debt_ns > 0)
        until = std::min(ends_at_, now() + env::Nanoseconds(debt_ns));
    else
        watch();
    env::Completion<bool> woken;
    waiting_ = &woken;
    const env::TimerId timer =
        streams_.env_.executor.after(until - now(), [self = shared_from_this()] { self->wake(); });
    (void)co_await woken;
    streams_.env_.executor.cancel(timer);
}

// One watcher a seat, whatever subscriptions come and go. The log calls back in a later turn.
void Streams::Subscription::watch() {
    if (std::exchange(seat_->watching, true)) return;
    const log::Sequence from{
        std::min(place_.sequence, streams_.log_.bounds(place_.log_id).next.value)};
    streams_.log_.notify(place_.log_id, from, [seat = seat_] {
        seat->watching = false;
        if (auto holder = seat->holder.lock()) holder->wake();
    });
}

}  // namespace fors::streams
