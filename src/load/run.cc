// SPDX-License-Identifier: Apache-2.0
// Reports travel to the first thread as messages; it adds them up and ends the run.
#include "load/run.h"

#include <vector>

namespace fors::load {

namespace {

constexpr std::chrono::milliseconds progress_every{500};

class Run {
public:
    Run(Threads& threads, const Plan& plan)
        : threads_(threads), plan_(plan), parties_(plan.threads), working_(plan.threads) {}

    Outcome go() {
        threads_.run(
            plan_.threads, [this](uint32_t thread, env::Env& env) { begin(thread, env); },
            [this] { interrupt(); });
        return std::move(outcome_);
    }

private:
    // On its thread; so is all that touches parties_[thread].
    void begin(uint32_t thread, env::Env& env) {
        if (thread == 0) {
            home_ = &env;
            last_progress_ = env.clock.steady();
        }
        env::Executor& home = home_->executor;
        parties_[thread] = plan_.make_party(
            thread, env,
            {.report =
                 [this, &home](Report report) {
                     home.post([this, each = std::move(report)] { collect(each); });
                 },
             .done = [this, &home] { home.post([this] { end_one(); }); }});
        home.post([this, thread, &env] { know(thread, env.executor); });
        parties_[thread]->begin();
    }

    // From here on: on the first thread.
    void know(uint32_t thread, env::Executor& executor) {
        known_.push_back({thread, &executor});
        if (outcome_.interrupted) stop(known_.back());
    }

    void collect(const Report& report) {
        Tally& into = report.phase == Phase::warm_up    ? outcome_.warm_up
                      : report.phase == Phase::measured ? outcome_.measured
                                                        : outcome_.after;
        into.add(report.tally);
        outcome_.measured_time = std::max(outcome_.measured_time, report.measured);
        recent_.add(report.tally);
        const nanoseconds now = home_->clock.steady();
        if (now - last_progress_ < progress_every || !plan_.progress) return;
        plan_.progress(std::exchange(recent_, {}), now - last_progress_, outcome_);
        last_progress_ = now;
    }

    void end_one() {
        if (--working_ == 0) threads_.stop();
    }

    void interrupt() {
        if (std::exchange(outcome_.interrupted, true)) return;
        for (const Known& each : known_) stop(each);
    }

    struct Known {
        uint32_t thread;
        env::Executor* executor;
    };
    void stop(const Known& each) {
        each.executor->post([this, thread = each.thread] { parties_[thread]->stop(); });
    }

    Threads& threads_;
    const Plan& plan_;
    env::Env* home_ = nullptr;
    std::vector<std::unique_ptr<Party>> parties_;
    std::vector<Known> known_;
    uint32_t working_;
    Outcome outcome_;
    Tally recent_;
    nanoseconds last_progress_{};
};

}  // namespace

Tally Outcome::total() const {
    Tally all = warm_up;
    all.add(measured);
    all.add(after);
    return all;
}

Outcome run(Threads& threads, const Plan& plan) { return Run(threads, plan).go(); }

Share share_of(const Share& whole, uint32_t thread, uint32_t threads) {
    const auto part = [&](uint64_t all) {
        return all / threads + (thread < all % threads ? 1 : 0);
    };
    Share share = whole;
    share.links = part(whole.links);
    share.rate = whole.rate / threads;
    if (whole.count) share.count = part(*whole.count);
    return share;
}

}  // namespace fors::load
