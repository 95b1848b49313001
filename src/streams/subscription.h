// SPDX-License-Identifier: Apache-2.0
// Subscription: the events of one SubscribeToShard, pushed as records become durable; and the Seat
// it sits on.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "streams/streams.h"

namespace fors::streams {

// A consumer's place at a shard, over all its subscriptions there, of which one lives at a time.
struct Streams::Seat {
    TokenBucket bytes{consumer_bytes_per_second, consumer_bytes_per_second};
    TokenBucket calls{subscribe_calls_per_second, subscribe_calls_per_second};
    std::optional<int64_t> taken_ns;  // by the last subscription that succeeded
    std::weak_ptr<Subscription> holder;
    bool watching = false;  // the log will tell of the next record
};

// Where nothing comes, an event without records comes every five seconds; after five minutes the
// stream of events ends (reference, section 2.8).
class Streams::Subscription final : public core::EventSource,
                                    public std::enable_shared_from_this<Subscription> {
public:
    struct Place {
        uint64_t generation;
        std::string consumer;
        int64_t consumer_created_ms;
        uint32_t shard_index;
        log::ShardId log_id;
        uint64_t sequence;  // of the log: the first record not yet given
        auth::Caller caller;
    };

    Subscription(Streams& streams, std::shared_ptr<Seat> seat, Place place);

    env::Task<Result<std::optional<Event>>> next() override;
    void cancel() override;
    // The events end with this exception.
    void end(Error fault);
    // Something may have changed: looks again instead of waiting on.
    void wake();

private:
    env::Task<Result<bool>> fill();
    void tell(size_t size, int64_t now_ms);
    env::Task<void> wait();
    void watch();
    std::optional<Error> check_place() const;
    bool heartbeat_due() const;
    env::Nanoseconds now() const { return streams_.env_.clock.steady(); }

    Streams& streams_;
    std::shared_ptr<Seat> seat_;
    Place place_;
    env::Nanoseconds ends_at_;
    std::optional<env::Nanoseconds> last_event_;
    bool over_ = false;
    std::optional<Error> fault_;
    bool woken_ = false;
    env::Completion<bool>* waiting_ = nullptr;

    // The event last given.
    Arena arena_;
    std::vector<BufferRef> held_;
    SubscribeToShardEvent event_;
};

}  // namespace fors::streams
