// SPDX-License-Identifier: Apache-2.0
// Worker: one thread's share of the load: its links, its pace, its part of the count; from the
// first request until the last answer.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "env/env.h"
#include "load/job.h"
#include "load/link.h"
#include "load/pacer.h"
#include "load/tally.h"

namespace fors::load {

// A worker's share.
struct Share {
    size_t links = 1;
    double rate = 0;                // requests a second; 0: each slot as soon as it is free
    std::optional<uint64_t> count;  // requests; none: until the time is over
    std::chrono::nanoseconds warm_up{};
    std::chrono::nanoseconds duration{};  // after the warm-up; 0: until the count is reached
    std::chrono::nanoseconds timeout{};
};

class Worker final : public Link::Owner {
public:
    // Both on the worker's thread; `done` once, after the last report.
    struct Events {
        std::function<void(Report)> report;
        std::function<void()> done;
    };

    // Lanes are numbered from 0. What is referred to outlives the worker.
    Worker(env::Env& env, const Target& target, Job& job, const Share& share, Events events);
    ~Worker() override;
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void begin();
    // Nothing new is sent; the end comes with the answers that are still out.
    void stop();

    // For pushed events, which are not answers: what `add` adds is of the phase in which the put
    // was due, or of the moment where there is no rate.
    void count(std::chrono::nanoseconds due, const std::function<void(Tally&)>& add);
    // A latency is what a push takes, not what its put takes.
    void measure_pushes() { pushes_ = true; }
    // The end waits until it is true; when the timeout has passed first, `give_up` counts that.
    void await(std::function<bool()> settled, std::function<void(Tally&)> give_up) {
        settled_ = std::move(settled);
        give_up_ = std::move(give_up);
    }

private:
    void on_free(Link& link, Link::Slot& slot) override;
    void on_answer(Link& link, Link::Slot& slot) override;
    void on_failure(Link& link, Link::Slot& slot, std::string_view why) override;
    void on_broken(Link& link, std::string_view why) override;

    bool may_send(std::chrono::nanoseconds now) const;
    std::chrono::nanoseconds moment_of(const Link::Slot& slot, std::chrono::nanoseconds now) const;
    bool try_send(Link& link, Link::Slot& slot, std::chrono::nanoseconds now);
    void send(Link& link, Link::Slot& slot, std::chrono::nanoseconds due);
    void send_due();
    void arm(std::chrono::nanoseconds now);
    void tick();
    void turn_phase(std::chrono::nanoseconds now);
    void report();
    void end_when_settled(std::chrono::nanoseconds now);
    void refused(Link::Slot& slot, std::string_view type, std::string_view text);

    struct Waiting {
        Link* link;
        Link::Slot* slot;
    };

    env::Env& env_;
    Job& job_;
    Share share_;
    Events events_;
    std::vector<std::unique_ptr<Link>> links_;
    std::optional<Pacer> pacer_;
    std::deque<Waiting> waiting_;  // free slots, until the next request is due
    env::TimerId tick_timer_;
    env::TimerId pace_timer_;
    bool armed_ = false;
    bool pushes_ = false;
    std::function<bool()> settled_;
    std::function<void(Tally&)> give_up_;

    std::chrono::nanoseconds measured_from_{};
    std::chrono::nanoseconds send_until_{};
    std::chrono::nanoseconds stopped_at_{};
    uint64_t sent_ = 0;
    uint64_t under_way_ = 0;
    bool stopping_ = false;
    bool done_ = false;
    Phase phase_ = Phase::warm_up;
    Tally tally_;
};

}  // namespace fors::load
