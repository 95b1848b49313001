// SPDX-License-Identifier: Apache-2.0
// The turn of a reactor, its inbox and its table of watched descriptors.
#include "host/reactor.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/assert.h"
#include "host/reactor_socket.h"
#include "host/signals.h"

namespace fors::host {

namespace {

constexpr size_t scratch_bytes = 256 << 10;
constexpr uint64_t wake_handle = ~uint64_t{0};

uint32_t slot_of(uint64_t handle) { return static_cast<uint32_t>(handle); }
uint32_t generation_of(uint64_t handle) { return static_cast<uint32_t>(handle >> 32); }

}  // namespace

Reactor::Reactor()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)),
      wake_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)),
      scratch_(scratch_bytes) {
    FORS_ASSERT(epoll_ >= 0 && wake_ >= 0);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = wake_handle}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
}

Reactor::~Reactor() {
    signals_.reset();
    close(wake_);
    close(epoll_);
}

void Reactor::run() {
    while (!stopping_.load(std::memory_order_acquire)) turn();
}

void Reactor::stop() {
    stopping_.store(true, std::memory_order_release);
    post([] {});
}

void Reactor::turn() {
    std::array<epoll_event, 256> events;
    const int timeout = timeout_ms();
    const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout);
    asleep_.store(false, std::memory_order_seq_cst);
    for (int at = 0; at < ready; ++at) {
        const uint64_t handle = events[static_cast<size_t>(at)].data.u64;
        if (handle == wake_handle) {
            uint64_t count = 0;
            (void)!read(wake_, &count, sizeof(count));
            continue;
        }
        const Slot& slot = slots_[slot_of(handle)];
        if (slot.watched && slot.generation == generation_of(handle))
            slot.watched->on_ready(events[static_cast<size_t>(at)].events);
    }
    run_posted();
    timers_.run_due(steady_now());
    run_turn_end();
    flush_sockets();
}

// Says that it is going to sleep before it looks into the inbox for the last time: a post after
// that look wakes it.
int Reactor::timeout_ms() {
    asleep_.store(true, std::memory_order_seq_cst);
    {
        const std::lock_guard lock(inbox_mutex_);
        if (!inbox_.empty()) return 0;
    }
    if (!turn_end_.empty() || !dirty_.empty()) return 0;
    const auto next = timers_.next();
    if (!next) return -1;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*next - steady_now()).count();
    return static_cast<int>(std::clamp<int64_t>(wait, 0, 60'000));
}

void Reactor::post(env::Callback callback) {
    {
        const std::lock_guard lock(inbox_mutex_);
        inbox_.push_back(std::move(callback));
    }
    if (asleep_.exchange(false, std::memory_order_seq_cst)) {
        const uint64_t one = 1;
        (void)!write(wake_, &one, sizeof(one));
    }
}

void Reactor::run_posted() {
    {
        const std::lock_guard lock(inbox_mutex_);
        running_.swap(inbox_);
    }
    for (auto& callback : running_) callback();
    running_.clear();
}

env::TimerId Reactor::after(env::Nanoseconds delay, env::Callback callback) {
    return timers_.add(steady_now() + delay, std::move(callback));
}

void Reactor::cancel(env::TimerId timer) { timers_.cancel(timer); }

void Reactor::at_turn_end(env::Callback callback) { turn_end_.push_back(std::move(callback)); }

void Reactor::run_turn_end() {
    while (!turn_end_.empty()) {
        auto callback = std::move(turn_end_.front());
        turn_end_.pop_front();
        callback();
    }
}

void Reactor::flush_sockets() {
    // on_sent may queue more; those wait for the next turn, which begins at once.
    std::vector<uint64_t> dirty;
    dirty.swap(dirty_);
    for (uint64_t handle : dirty)
        if (ReactorSocket* socket = socket_at(handle)) socket->flush();
    if (dirty_.empty()) {
        dirty.clear();
        dirty_.swap(dirty);
    }
}

ReactorSocket* Reactor::socket_at(uint64_t handle) {
    const Slot& slot = slots_[slot_of(handle)];
    if (slot.generation != generation_of(handle)) return nullptr;
    return static_cast<ReactorSocket*>(slot.watched);
}

uint64_t Reactor::watch(int fd, uint32_t events, Watched& watched) {
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const uint32_t at = free_slots_.back();
    free_slots_.pop_back();
    slots_[at].watched = &watched;
    const uint64_t handle = (uint64_t{slots_[at].generation} << 32) | at;
    epoll_event event{.events = events, .data = {.u64 = handle}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    return handle;
}

void Reactor::change(int fd, uint32_t events, uint64_t handle) {
    epoll_event event{.events = events, .data = {.u64 = handle}};
    epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);
}

void Reactor::ignore(int fd) { epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr); }

void Reactor::unwatch(int fd, uint64_t handle) {
    ignore(fd);
    Slot& slot = slots_[slot_of(handle)];
    slot.watched = nullptr;
    ++slot.generation;
    free_slots_.push_back(slot_of(handle));
}

void Reactor::on_signal(std::move_only_function<void(int signal)> callback) {
    class Signals final : public Watched {
    public:
        Signals(Reactor& reactor, std::move_only_function<void(int)> called)
            : reactor_(reactor), callback_(std::move(called)) {
            const sigset_t signals = stop_signals();
            fd_ = signalfd(-1, &signals, SFD_NONBLOCK | SFD_CLOEXEC);
            handle_ = reactor_.watch(fd_, EPOLLIN, *this);
        }
        ~Signals() override {
            reactor_.unwatch(fd_, handle_);
            close(fd_);
        }
        void on_ready(uint32_t) override {
            signalfd_siginfo info;
            while (read(fd_, &info, sizeof(info)) == sizeof(info))
                callback_(static_cast<int>(info.ssi_signo));
        }

    private:
        Reactor& reactor_;
        std::move_only_function<void(int)> callback_;
        int fd_;
        uint64_t handle_;
    };
    signals_ = std::make_unique<Signals>(*this, std::move(callback));
}

}  // namespace fors::host
