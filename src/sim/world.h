// SPDX-License-Identifier: Apache-2.0
// sim: the world as one thread and one seed: virtual time, executors, a disk that forgets, a
// network that cuts.
//
// A World runs callbacks in the order of virtual time; everything that is left to chance is drawn
// from the seed, so a run can be repeated to the byte. A Process is what dies together: killing it
// drops all its callbacks and cuts its sockets. The coroutine frames that waited for those
// callbacks are never resumed and never freed: a killed process leaks, as memory of a real one does
// not matter either. (Leak detection is off in the campaign.)
#pragma once

#include <coroutine>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "env/clock.h"
#include "env/executor.h"
#include "env/random.h"

namespace fors::sim {

class World;

// Deterministic; not for keys.
class Random final : public env::Random {
public:
    explicit Random(uint64_t seed) : state_(seed) {}
    void fill(std::span<std::byte> out) override;
    uint64_t draw();
    uint64_t below(uint64_t bound) { return draw() % bound; }
    bool chance(double probability) {
        return static_cast<double>(draw() >> 11) * 0x1p-53 < probability;
    }

private:
    uint64_t state_;
};

class Clock final : public env::Clock {
public:
    explicit Clock(const World& world) : world_(world) {}
    // The wall clock is set forward or back; steady time is not touched.
    void jump(std::chrono::milliseconds by) { jumped_ms_ += by.count(); }
    int64_t wall_ms() const override;
    std::chrono::nanoseconds steady() const override;

private:
    const World& world_;
    int64_t jumped_ms_ = 0;
};

class Process;

class Executor final : public env::Executor {
public:
    Executor(World& world, Process& process) : world_(world), process_(process) {}
    void post(env::Callback callback) override;
    env::TimerId after(env::Nanoseconds delay, env::Callback callback) override;
    void cancel(env::TimerId timer) override;
    void at_turn_end(env::Callback callback) override;

private:
    friend class World;
    World& world_;
    Process& process_;
    std::deque<env::Callback> turn_end_;
    env::Nanoseconds last_post_{0};
};

// What dies together.
class Process {
public:
    explicit Process(World& world) : world_(world) {}
    Executor& make_executor();
    bool alive() const { return alive_; }
    // Nothing of it ever runs again; `on_death` callbacks (its sockets') are told.
    void kill();
    void on_death(env::Callback callback) { on_death_.push_back(std::move(callback)); }

private:
    World& world_;
    bool alive_ = true;
    std::deque<Executor> executors_;
    std::vector<env::Callback> on_death_;
};

class World {
public:
    explicit World(uint64_t seed);

    env::Nanoseconds now() const { return now_; }
    Random& random() { return random_; }
    Clock& clock() { return clock_; }
    Process& make_process();

    // The executor whose callback is running; null between callbacks.
    Executor* current() { return current_; }

    uint64_t schedule(Executor& on, env::Nanoseconds delay, env::Callback callback);
    void unschedule(uint64_t id);

    // Runs callbacks until virtual time has passed by `duration`, or nothing is left to do.
    void run_for(env::Nanoseconds duration);
    // Until `done` holds; false when `limit` of virtual time passed first.
    template <class Done>
    bool run_until(Done done, env::Nanoseconds limit) {
        const auto end = now_ + limit;
        while (!done())
            if (now_ >= end || !step()) return done();
        return true;
    }

private:
    struct Event {
        Executor* on;
        env::Callback callback;
    };
    bool step();

    env::Nanoseconds now_{1'000'000'000};
    Random random_;
    Clock clock_;
    uint64_t last_id_ = 0;
    std::map<std::pair<env::Nanoseconds, uint64_t>, Event> events_;
    std::map<uint64_t, env::Nanoseconds> times_;
    std::deque<Process> processes_;
    Executor* current_ = nullptr;
};

// co_await pause(world, duration): goes on later on the executor that waits; never, when its
// process is killed meanwhile.
struct pause {
    World& world;
    env::Nanoseconds duration;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const {
        world.schedule(*world.current(), duration, [self] { self.resume(); });
    }
    void await_resume() const noexcept {}
};

}  // namespace fors::sim
