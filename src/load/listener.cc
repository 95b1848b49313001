// SPDX-License-Identifier: Apache-2.0
// A subscription's life: asked for, heard, ended by its time or by a failure, asked for again from
// where it was.
#include "load/listener.h"

#include <simdjson.h>

#include "client/client.h"

namespace fors::load {

namespace {

using client::json_string;

constexpr std::chrono::seconds again_delay{1};  // after a refusal

Target one_stream(Target target) {
    target.streams = 1;
    return target;
}

}  // namespace

Listener::Listener(env::Env& env, const Target& target, Signer& signer, std::string consumer,
                   std::string shard, Events events)
    : env_(env),
      target_(one_stream(target)),
      link_(env, target_, *this, 0),
      signer_(signer),
      consumer_(std::move(consumer)),
      shard_(std::move(shard)),
      events_(std::move(events)) {}

Listener::~Listener() { env_.executor.cancel(again_); }

void Listener::on_free(Link&, Link::Slot& slot) {
    slot_ = &slot;
    if (!std::exchange(refused_, false)) return subscribe();
    env_.executor.cancel(again_);
    again_ = env_.executor.after(again_delay, [this] { subscribe(); });
}

void Listener::subscribe() {
    if (!slot_->offered) return;  // the connection broke meanwhile
    reader_.clear();
    body_ = R"({"ConsumerARN":)" + json_string(consumer_) + R"(,"ShardId":)" + json_string(shard_) +
            R"(,"StartingPosition":)" + position_ + "}";
    hash_ = payload_hash(body_);
    link_.post(*slot_, {&signer_, body_, hash_}, env_.clock.steady());
}

bool Listener::on_piece(Link::Slot& slot, Bytes piece) {
    if (slot.status != 200) return false;
    if (!reader_.feed(piece, [this](const Event& event) { take(event); }))
        events_.trouble("unreadable event", {});
    return true;
}

void Listener::take(const Event& event) {
    if (event.message != "event") {
        refused_ = true;
        return events_.trouble(event.type, event.payload);
    }
    if (!std::exchange(listening_, true)) events_.listening();
    if (event.type != "SubscribeToShardEvent") return;
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    if (parser.parse(event.payload.data(), event.payload.size()).get(json) != simdjson::SUCCESS)
        return events_.trouble("unreadable event", event.payload.substr(0, 200));
    simdjson::dom::array records;
    if (json["Records"].get(records) == simdjson::SUCCESS) {
        for (const simdjson::dom::element record : records) {
            std::string_view data;
            if (record["Data"].get(data) == simdjson::SUCCESS) events_.heard(data);
        }
    }
    std::string_view next;
    if (json["ContinuationSequenceNumber"].get(next) == simdjson::SUCCESS)
        position_ =
            R"({"Type":"AFTER_SEQUENCE_NUMBER","SequenceNumber":)" + json_string(next) + "}";
}

void Listener::on_answer(Link&, Link::Slot& slot) {
    if (slot.status == 200) return;  // its five minutes are over
    refused_ = true;
    const Refusal refusal = refusal_of(slot.status, slot.body);
    events_.trouble(refusal.type, refusal.text);
}

void Listener::on_failure(Link&, Link::Slot&, std::string_view why) {
    refused_ = true;
    events_.trouble("subscription", why);
}

void Listener::on_broken(Link&, std::string_view why) { events_.trouble("no connection", why); }

}  // namespace fors::load
