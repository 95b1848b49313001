// SPDX-License-Identifier: Apache-2.0
// The loop of a load: a slot is free, a request is due, it leaves, its answer is counted.
#include "load/worker.h"

#include <utility>

namespace fors::load {

namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

constexpr milliseconds tick_every{100};
// Timers have a resolution of a millisecond; the rest of the way the loop watches the clock, since
// a request that leaves late would be charged to the server.
constexpr milliseconds timer_resolution{1};

}  // namespace

Worker::Worker(env::Env& env, const Target& target, Job& job, const Share& share, Events events)
    : env_(env), job_(job), share_(share), events_(std::move(events)) {
    const size_t slots = target.protocol == Protocol::http1 ? 1 : target.streams;
    for (size_t at = 0; at < share.links; ++at)
        links_.push_back(std::make_unique<Link>(env, target, *this, at * slots));
}

Worker::~Worker() {
    env_.executor.cancel(tick_timer_);
    env_.executor.cancel(pace_timer_);
}

void Worker::begin() {
    const nanoseconds now = env_.clock.steady();
    measured_from_ = now + share_.warm_up;
    send_until_ =
        share_.duration > nanoseconds(0) ? measured_from_ + share_.duration : nanoseconds::max();
    if (share_.rate > 0) pacer_.emplace(share_.rate, now);
    turn_phase(now);
    for (const auto& link : links_) link->connect();
    tick();
}

void Worker::stop() {
    if (std::exchange(stopping_, true)) return;
    send_until_ = std::min(send_until_, env_.clock.steady());
}

// What was due in time leaves late rather than never, or nobody would be charged for a stall at the
// end; for as long as an answer may take.
bool Worker::may_send(nanoseconds now) const {
    const nanoseconds due = pacer_ ? pacer_->next() : now;
    const nanoseconds late = pacer_ ? now - share_.timeout : now;
    if (stopping_ || done_ || due >= send_until_ || late >= send_until_) return false;
    return !share_.count || sent_ < *share_.count;
}

// With a rate it counts when a request was due, otherwise when its answer came.
nanoseconds Worker::moment_of(const Link::Slot& slot, nanoseconds now) const {
    return pacer_ && !slot.aside ? slot.due : now;
}

void Worker::on_free(Link& link, Link::Slot& slot) {
    const nanoseconds now = env_.clock.steady();
    if (try_send(link, slot, now)) return;
    if (!may_send(now)) return;
    waiting_.push_back({&link, &slot});
    arm(now);
}

bool Worker::try_send(Link& link, Link::Slot& slot, nanoseconds now) {
    if (!may_send(now)) return false;
    if (job_.prepares(slot.lane)) {
        slot.aside = true;
        ++under_way_;
        link.post(slot, job_.next(slot.lane, now), now);
        return true;
    }
    if (!pacer_) {
        send(link, slot, now);
        return true;
    }
    const auto due = pacer_->take(now);
    if (due) send(link, slot, *due);
    return due.has_value();
}

void Worker::send(Link& link, Link::Slot& slot, nanoseconds due) {
    slot.aside = false;
    ++sent_;
    ++under_way_;
    link.post(slot, job_.next(slot.lane, due), due);
}

// The first free slot takes the first request that is due.
void Worker::send_due() {
    armed_ = false;
    const nanoseconds now = env_.clock.steady();
    while (!waiting_.empty()) {
        const auto [link, slot] = waiting_.front();
        // A link that broke offers its slots again.
        if (slot->offered && !try_send(*link, *slot, now)) break;
        waiting_.pop_front();
    }
    if (!waiting_.empty() && may_send(now)) arm(now);
}

void Worker::arm(nanoseconds now) {
    if (std::exchange(armed_, true)) return;
    const nanoseconds left = pacer_->next() - now;
    if (left > timer_resolution)
        pace_timer_ = env_.executor.after(left - timer_resolution, [this] { send_due(); });
    else
        env_.executor.post([this] { send_due(); });
}

void Worker::on_answer(Link& link, Link::Slot& slot) {
    tally_.protocol = link.protocol();
    if (slot.status != 200) {
        const Refusal refusal = refusal_of(slot.status, slot.body);
        return refused(slot, refusal.type, refusal.text);
    }
    const nanoseconds now = env_.clock.steady();
    turn_phase(moment_of(slot, now));
    --under_way_;
    if (!slot.aside) {
        ++tally_.requests;
        ++tally_.succeeded;
        tally_.service.add(now - slot.sent);
        if (!pushes_) tally_.latency.add(now - slot.due);
    }
    job_.succeeded(slot.lane, slot.body, tally_);
    end_when_settled(now);
}

void Worker::on_failure(Link&, Link::Slot& slot, std::string_view why) {
    refused(slot, "no answer", why);
}

void Worker::refused(Link::Slot& slot, std::string_view type, std::string_view text) {
    const nanoseconds now = env_.clock.steady();
    turn_phase(moment_of(slot, now));
    --under_way_;
    ++tally_.requests;
    if (slot.aside) ++sent_;  // or what can't be prepared would be tried for ever
    tally_.trouble(type, text);
    job_.failed(slot.lane, type, tally_);
    end_when_settled(now);
}

void Worker::on_broken(Link&, std::string_view why) { tally_.trouble("no connection", why); }

void Worker::count(nanoseconds due, const std::function<void(Tally&)>& add) {
    const nanoseconds now = env_.clock.steady();
    turn_phase(pacer_ ? due : now);
    add(tally_);
    end_when_settled(now);
}

void Worker::turn_phase(nanoseconds now) {
    const Phase phase = now < measured_from_ ? Phase::warm_up
                        : now <= send_until_ ? Phase::measured
                                             : Phase::after;
    if (phase == phase_) return;
    report();
    phase_ = phase;
}

void Worker::report() {
    const nanoseconds until = std::min(env_.clock.steady(), send_until_);
    const nanoseconds measured = std::max(nanoseconds(0), until - measured_from_);
    events_.report({phase_, std::exchange(tally_, {}), measured});
}

void Worker::tick() {
    const nanoseconds now = env_.clock.steady();
    turn_phase(now);
    report();
    for (const auto& link : links_) link->expire(now - share_.timeout);
    end_when_settled(now);
    if (!done_) tick_timer_ = env_.executor.after(tick_every, [this] { tick(); });
}

void Worker::end_when_settled(nanoseconds now) {
    if (done_ || may_send(now)) return;
    if (stopped_at_ == nanoseconds(0)) stopped_at_ = now;
    const bool settled = under_way_ == 0 && (!settled_ || settled_());
    // Links break their own requests after one timeout.
    if (!settled && (under_way_ > 0 || now < stopped_at_ + share_.timeout)) return;
    done_ = true;
    if (!settled) give_up_(tally_);
    report();
    events_.done();
}

}  // namespace fors::load
