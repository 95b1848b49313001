// SPDX-License-Identifier: Apache-2.0
// The loop of virtual time.
#include "sim/world.h"

#include <algorithm>
#include <cstring>

#include "base/assert.h"

namespace fors::sim {

namespace {

constexpr int64_t wall_start_ms = 1'700'000'000'000;

}  // namespace

// splitmix64 (public domain, S. Vigna).
uint64_t Random::draw() {
    uint64_t z = (state_ += 0x9E37'79B9'7F4A'7C15U);
    z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9U;
    z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBU;
    return z ^ (z >> 31);
}

void Random::fill(std::span<std::byte> out) {
    while (!out.empty()) {
        const uint64_t value = draw();
        const size_t part = std::min(out.size(), sizeof(value));
        std::memcpy(out.data(), &value, part);
        out = out.subspan(part);
    }
}

int64_t Clock::wall_ms() const {
    return wall_start_ms + jumped_ms_ + world_.now().count() / 1'000'000;
}
std::chrono::nanoseconds Clock::steady() const { return world_.now(); }

void Executor::post(env::Callback callback) {
    // Posts of one executor keep their order; how they interleave with those of others is drawn
    // from the seed.
    const auto jitter = env::Nanoseconds(static_cast<int64_t>(world_.random().below(20'000)));
    last_post_ = std::max(last_post_, world_.now() + jitter);
    world_.schedule(*this, last_post_ - world_.now(), std::move(callback));
}

env::TimerId Executor::after(env::Nanoseconds delay, env::Callback callback) {
    return {world_.schedule(*this, delay, std::move(callback))};
}

void Executor::cancel(env::TimerId timer) { world_.unschedule(timer.value); }

void Executor::at_turn_end(env::Callback callback) { turn_end_.push_back(std::move(callback)); }

Executor& Process::make_executor() { return executors_.emplace_back(world_, *this); }

void Process::kill() {
    alive_ = false;
    for (auto& callback : std::exchange(on_death_, {})) callback();
}

World::World(uint64_t seed) : random_(seed), clock_(*this) {}

Process& World::make_process() { return processes_.emplace_back(*this); }

uint64_t World::schedule(Executor& on, env::Nanoseconds delay, env::Callback callback) {
    const uint64_t id = ++last_id_;
    const auto at = now_ + delay;
    events_.emplace(std::pair(at, id), Event{&on, std::move(callback)});
    times_.emplace(id, at);
    return id;
}

void World::unschedule(uint64_t id) {
    const auto at = times_.find(id);
    if (at == times_.end()) return;
    events_.erase({at->second, id});
    times_.erase(at);
}

bool World::step() {
    if (events_.empty()) return false;
    auto first = events_.extract(events_.begin());
    now_ = first.key().first;
    times_.erase(first.key().second);
    Event& event = first.mapped();
    if (!event.on->process_.alive()) return true;  // dropped with its process
    current_ = event.on;
    event.callback();
    // A turn is one callback here; what was left for its end follows at once.
    while (!event.on->turn_end_.empty() && event.on->process_.alive()) {
        auto callback = std::move(event.on->turn_end_.front());
        event.on->turn_end_.pop_front();
        callback();
    }
    current_ = nullptr;
    return true;
}

void World::run_for(env::Nanoseconds duration) {
    const auto end = now_ + duration;
    while (!events_.empty() && events_.begin()->first.first <= end) step();
    now_ = end;
}

}  // namespace fors::sim
