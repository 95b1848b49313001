// SPDX-License-Identifier: Apache-2.0
// SubscribeToShard: the checks before it, who sits where, and who is woken by what.
#include "base/planted.h"
#include "streams/subscription.h"
#include "streams/texts.h"

namespace fors::streams {

namespace {

using namespace std::chrono_literals;

// The SDK for Go closes a connection whose answer comes before the thread that wrote the request
// is back from writing (smithy-go's body then reports EOF as an error to net/http). Requests it
// sends again; a stream of events it can't, so they begin a little later (docs/fidelity.md).
constexpr env::Nanoseconds time_to_write = 5ms;

}  // namespace

Streams::Answer<core::Events> Streams::subscribe_to_shard(Context& context,
                                                          const SubscribeToShard& in) {
    const StartingPosition& start = *in.starting_position;
    if (auto fault = check_start(start, context.now_ms))
        co_return std::unexpected(std::move(*fault));
    ConsumerReference reference;
    reference.consumer_arn = in.consumer_arn;
    reference.stream_id = in.stream_id;
    auto found = find_consumer(context, reference);
    if (!found) co_return std::unexpected(std::move(found.error()));
    const Stream& stream = *found->stream;
    const int64_t created_ms = found->consumer->created_ms;
    if (consumer_status(*found->consumer, context.now_ms) != "ACTIVE")
        co_return fail(Code::in_use, text_consumer_not_active(*found->name, created_ms, stream.name,
                                                              stream.account));
    auto index = shard_named(stream, *in.shard_id);
    if (!index) co_return std::unexpected(std::move(index.error()));
    const Shard shard = stream.shards[*index];
    Subscription::Place place{.generation = stream.generation,
                              .consumer = *found->name,
                              .consumer_created_ms = created_ms,
                              .shard_index = shard.index,
                              .log_id = shard.log_id,
                              .sequence = 0,
                              .caller = context.caller};
    const std::string holder =
        concat(stream.account, ":", stream.name, ":", shard_name(shard.index), ":", place.consumer);

    auto starting = starting_sequence(stream, shard, start, "SubscribeToShard");
    auto sequence = co_await std::move(starting);
    if (!sequence) co_return std::unexpected(std::move(sequence.error()));
    place.sequence = *sequence;
    co_await env::sleep(env_.executor, time_to_write);
    const Stream* now = catalog_.find(place.generation);
    const auto same = [&](const auto& each) {
        return each.first == place.consumer && each.second.created_ms == created_ms;
    };
    if (!now || std::ranges::none_of(now->consumers, same))  // gone: no seat is kept for it
        co_return fail(Code::not_found,
                       text_consumer_not_found(place.consumer, context.caller.account));
    if (!now->shards.find(place.shard_index))
        co_return fail(Code::not_found,
                       text_shard_missing(place.shard_index, now->name, now->account));
    std::shared_ptr<Seat>& seat = seats_[{place.generation, place.consumer, place.shard_index}];
    if (!seat) seat = std::make_shared<Seat>();
    const auto told = telemetry(*catalog_.find(place.generation));
    if (auto fault = check_seat(*seat, holder)) {
        told->add(ConsumerMeasure::rate_exceeded, place.consumer, 1, context.now_ms);
        co_return std::unexpected(std::move(*fault));
    }
    if (in.dry_run.value_or(false))
        co_return fail(Code::dry_run, "Request would have succeeded, but DryRun flag is set.");
    if (auto before = seat->holder.lock())
        before->end({Code::in_use, text_subscription_exists(holder)});
    told->add(ConsumerMeasure::rate_exceeded, place.consumer, 0, context.now_ms);
    told->add(ConsumerMeasure::success, place.consumer, 1, context.now_ms);
    auto subscription = std::make_shared<Subscription>(*this, seat, std::move(place));
    seat->holder = subscription;
    seat->taken_ns = steady_ns();
    co_return subscription;
}

// A subscription younger than five seconds keeps its seat; an older one is taken over.
std::optional<Error> Streams::check_seat(Seat& seat, std::string_view holder) {
    if (planted(Bug::seat_never_given_back) && seat.taken_ns)
        return Error{Code::in_use, text_subscription_exists(holder)};
    if (!options_.limits) return std::nullopt;
    const int64_t now_ns = steady_ns();
    if (seat.taken_ns && now_ns - *seat.taken_ns < takeover_ms * 1'000'000)
        return Error{Code::in_use, text_subscription_exists(holder)};
    if (!seat.calls.take(1, now_ns))
        return Error{Code::limit_exceeded,
                     concat("Rate exceeded for SubscribeToShard by consumer: ", holder)};
    return std::nullopt;
}

void Streams::wake_subscribers(uint64_t generation) {
    std::vector<std::shared_ptr<Subscription>> holders;
    for (auto at = seats_.lower_bound({generation, "", 0});
         at != seats_.end() && std::get<0>(at->first) == generation; ++at)
        if (auto holder = at->second->holder.lock()) holders.push_back(std::move(holder));
    for (const auto& holder : holders) holder->wake();
}

void Streams::remove_seats(uint64_t generation, std::string_view consumer) {
    std::erase_if(seats_, [&](const auto& each) {
        const auto& [stream, name, shard] = each.first;
        return stream == generation && (consumer.empty() || name == consumer);
    });
}

void Streams::remove_seats(const Stream& stream) {
    std::erase_if(seats_, [&](const auto& each) {
        const auto& [generation, name, shard] = each.first;
        return generation == stream.generation && !stream.shards.find(shard);
    });
}

}  // namespace fors::streams
