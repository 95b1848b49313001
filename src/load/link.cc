// SPDX-License-Identifier: Apache-2.0
// A link's life: connect, offer its slots, carry requests, break, wait a little, connect again.
#include "load/link.h"

namespace fors::load {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds again_delay{100};  // a server that is gone is not knocked at without end
constexpr size_t answer_bytes_max = 64 << 20;

}  // namespace

Link::Link(env::Env& env, const Target& target, Owner& owner, size_t lane)
    : env_(env),
      target_(target),
      owner_(owner),
      slots_(target.protocol == Protocol::http1 ? 1 : target.streams) {
    for (Slot& slot : slots_) slot.lane = lane++;
}

Link::~Link() { env_.executor.cancel(again_); }

void Link::connect() {
    socket_.reset();
    http_ = make_connection(target_, *this);
    lost_ = spoken_ = false;
    why_.clear();
    begun_ = env_.clock.steady();
    auto made = env_.network.connect(target_.address);
    if (!made) return lose(made.error().message);
    socket_ = std::move(*made);
    socket_->start(*this);
    flush();
    offer();
}

void Link::post(Slot& slot, const Call& call, std::chrono::nanoseconds due) {
    slot.offered = false;
    slot.busy = true;
    slot.due = due;
    slot.status = 0;
    slot.body.clear();
    slot.stream = http_->post({.path = target_.path,
                               .authority = target_.authority,
                               .headers = call.signer->sign(call.hash, env_.clock.wall_ms()),
                               .body = call.body});
    slot.sent = env_.clock.steady();
    if (!feeding_) flush();
}

void Link::flush() {
    pieces_.clear();
    http_->take_pieces(pieces_);
    for (std::string& piece : pieces_) socket_->send(std::move(piece));
}

// Tells the owner of slots that became free.
void Link::offer() {
    for (Slot& slot : slots_) {
        if (lost_ || slot.busy || slot.offered || http_->room() == 0) continue;
        slot.offered = true;
        owner_.on_free(*this, slot);
    }
}

void Link::on_data(Bytes data) {
    if (lost_) return;
    spoken_ = true;
    feeding_ = true;
    const bool goes_on = http_->feed(data);
    feeding_ = false;
    if (lost_) return;
    if (!goes_on) {
        const std::string failure = http_->failure();
        return lose(failure.empty() ? "the server closed the connection" : failure);
    }
    offer();
    flush();
}

void Link::on_closed() {
    lose(spoken_ ? "the server closed the connection" : "no connection to " + target_.authority);
}

// Nothing is destroyed here: this may be inside of any event.
void Link::lose(std::string_view why) {
    if (std::exchange(lost_, true)) return;
    why_ = why;
    bool under_way = false;
    for (Slot& slot : slots_) {
        slot.offered = false;
        if (!std::exchange(slot.busy, false)) continue;
        under_way = true;
        owner_.on_failure(*this, slot, why_);
    }
    // A connection that served and was closed in a pause is no failure: servers do that.
    const bool served = spoken_ && http_->failure().empty();
    if (!under_way && !served) owner_.on_broken(*this, why_);
    again_ = env_.executor.after(served ? milliseconds(0) : again_delay, [this] { connect(); });
}

void Link::expire(std::chrono::nanoseconds then) {
    if (lost_) return;
    bool busy = false;
    for (const Slot& slot : slots_) {
        if (slot.busy && slot.sent < then) return lose("no answer in time");
        busy = busy || slot.busy;
    }
    if (!busy && begun_ < then && http_->room() == 0) lose("no connection in time");
}

Link::Slot* Link::slot_of(http::StreamId stream) {
    for (Slot& slot : slots_)
        if (slot.busy && slot.stream == stream) return &slot;
    return nullptr;
}

void Link::on_head(http::StreamId stream, int status) {
    if (Slot* slot = slot_of(stream)) slot->status = status;
}

void Link::on_body(http::StreamId stream, Bytes piece) {
    Slot* slot = slot_of(stream);
    if (!slot || owner_.on_piece(*slot, piece)) return;
    if (slot->body.size() + piece.size() > answer_bytes_max) return lose("an endless answer");
    append(slot->body, piece);
}

void Link::on_end(http::StreamId stream, bool whole) {
    Slot* slot = slot_of(stream);
    if (!slot) return;
    slot->busy = false;
    if (whole)
        owner_.on_answer(*this, *slot);
    else
        end_badly(*slot);
}

void Link::end_badly(Slot& slot) {
    const std::string failure = http_->failure();
    owner_.on_failure(*this, slot, failure.empty() ? "the answer was cut off" : failure);
}

}  // namespace fors::load
