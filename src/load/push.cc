// SPDX-License-Identifier: Apache-2.0
// Puts of stamped records, listeners that know them again, and the end when all were heard.
#include "load/push.h"

#include "base/base64.h"
#include "client/client.h"
#include "load/bodies.h"
#include "load/listener.h"
#include "load/stamp.h"

namespace fors::load {

namespace {

using client::json_string;

static_assert(pushed_bytes_min >= stamp_bytes);

class StampedPuts final : public Job {
public:
    StampedPuts(const Signer::Scope& scope, const Pushing& pushing, uint64_t run, size_t lanes)
        : pushing_(pushing),
          run_(run),
          keys_(pushing.partition_keys > 0 ? pushing.partition_keys : partition_keys_usual),
          signer_(scope, "PutRecord"),
          under_way_(lanes) {
        base64::encode(as_bytes(std::string(pushing.size - stamp_bytes, 'x')), filler_);
    }

    Call next(size_t lane, nanoseconds due) override {
        UnderWay& put = under_way_[lane];
        put.body = R"({"StreamName":)" + json_string(pushing_.stream) + R"(,"PartitionKey":)" +
                   json_string(partition_key(next_key_++ % keys_)) + R"(,"Data":")";
        base64::encode(as_bytes(stamp(run_, due)), put.body);
        put.body += filler_ + "\"}";
        put.hash = payload_hash(put.body);
        return {&signer_, put.body, put.hash};
    }
    void succeeded(size_t, std::string_view, Tally&) override { ++acknowledged_; }
    void failed(size_t, std::string_view type, Tally& tally) override {
        ++(is_throttling(type) ? tally.throttled : tally.failed);
    }

    uint64_t acknowledged() const { return acknowledged_; }

private:
    struct UnderWay {
        std::string body;
        std::string hash;
    };

    const Pushing& pushing_;
    uint64_t run_;
    uint32_t keys_;
    Signer signer_;
    std::vector<UnderWay> under_way_;  // by lane
    std::string filler_;
    uint64_t next_key_ = 0;
    uint64_t acknowledged_ = 0;
};

class Push final : public Party {
public:
    Push(env::Env& env, const Target& target, const Signer::Scope& scope, const Pushing& pushing,
         const Share& share, Worker::Events events)
        : env_(env),
          pushing_(pushing),
          timeout_(share.timeout),
          run_(env.random.next()),
          events_(std::move(events)),
          puts_(scope, pushing, run_, share.links * target.streams),
          worker_(env, target, puts_, share, events_),
          signer_(scope, "SubscribeToShard") {
        worker_.measure_pushes();
        worker_.await([this] { return missing() == 0; }, [this](Tally& tally) { miss(tally); });
        for (const std::string& consumer : pushing.consumers)
            for (const std::string& shard : pushing.shards)
                listeners_.push_back(std::make_unique<Listener>(
                    env, target, signer_, consumer, shard,
                    Listener::Events{
                        .listening = [this] { listening(); },
                        .heard = [this](std::string_view data) { heard(data); },
                        .trouble = [this](std::string_view kind,
                                          std::string_view text) { trouble(kind, text); }}));
    }
    ~Push() override { env_.executor.cancel(late_); }

    void begin() override {
        late_ = env_.executor.after(timeout_, [this] { give_up(); });
        for (const auto& listener : listeners_) listener->begin();
    }

    void stop() override {
        if (begun_) return worker_.stop();
        give_up();
    }

private:
    // Puts begin when everybody listens: from then on nothing is missed.
    void listening() {
        if (++listening_ < listeners_.size() || given_up_) return;
        begun_ = true;
        env_.executor.cancel(late_);
        env_.executor.post([this] { worker_.begin(); });
    }

    void give_up() {
        if (begun_ || std::exchange(given_up_, true)) return;
        early_.trouble("not listening", "not every subscription was begun",
                       listeners_.size() - listening_);
        early_.failed += listeners_.size() - listening_;
        events_.report({Phase::warm_up, std::move(early_), nanoseconds(0)});
        events_.done();
    }

    void heard(std::string_view data) {
        const auto due = due_of(data, run_);
        if (!due) return;
        ++heard_;
        const nanoseconds took = env_.clock.steady() - *due;
        worker_.count(*due, [&](Tally& tally) {
            ++tally.records;
            ++tally.user_records;
            tally.bytes += pushing_.size;
            tally.latency.add(took);
        });
    }

    void trouble(std::string_view kind, std::string_view text) {
        if (!begun_) return early_.trouble(kind, text);
        worker_.count(env_.clock.steady(), [&](Tally& tally) { tally.trouble(kind, text); });
    }

    uint64_t missing() const {
        const uint64_t wanted = puts_.acknowledged() * pushing_.consumers.size();
        return wanted > heard_ ? wanted - heard_ : 0;
    }

    void miss(Tally& tally) {
        tally.failed += missing();
        tally.trouble("never heard", "put, but no event told of it", missing());
    }

    env::Env& env_;
    const Pushing& pushing_;
    nanoseconds timeout_;
    uint64_t run_;
    Worker::Events events_;
    StampedPuts puts_;
    Worker worker_;
    Signer signer_;
    std::vector<std::unique_ptr<Listener>> listeners_;
    size_t listening_ = 0;
    uint64_t heard_ = 0;
    env::TimerId late_;
    Tally early_;
    bool begun_ = false;
    bool given_up_ = false;
};

}  // namespace

std::unique_ptr<Party> make_push(env::Env& env, const Target& target, const Signer::Scope& scope,
                                 const Pushing& pushing, const Share& share,
                                 Worker::Events events) {
    return std::make_unique<Push>(env, target, scope, pushing, share, std::move(events));
}

}  // namespace fors::load
