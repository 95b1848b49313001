// SPDX-License-Identifier: Apache-2.0
// Turnstile: lets coroutines of one thread through one at a time, in the order in which they came.
#pragma once

#include <coroutine>
#include <deque>
#include <utility>

namespace fors::env {

class Turnstile {
public:
    // Held by the coroutine whose turn it is; letting it go wakes the next in line.
    class Turn {
    public:
        explicit Turn(Turnstile* turnstile) : turnstile_(turnstile) {}
        Turn(Turn&& other) noexcept : turnstile_(std::exchange(other.turnstile_, nullptr)) {}
        Turn& operator=(Turn&&) = delete;
        ~Turn() {
            if (turnstile_) turnstile_->leave();
        }

    private:
        Turnstile* turnstile_;
    };

    // const auto turn = co_await turnstile.enter();
    auto enter() {
        struct Awaiter {
            Turnstile& turnstile;
            bool await_ready() const {
                if (turnstile.taken_) return false;
                turnstile.taken_ = true;
                return true;
            }
            void await_suspend(std::coroutine_handle<> self) const {
                turnstile.waiting_.push_back(self);
            }
            Turn await_resume() const { return Turn(&turnstile); }
        };
        return Awaiter{*this};
    }

private:
    // The turn passes on without a gap. In a loop: who needs not wait lets it go inside resume(),
    // and a long line of such would go as deep into the stack.
    void leave() {
        free_ = true;
        if (passing_) return;
        passing_ = true;
        while (free_ && !waiting_.empty()) {
            free_ = false;
            auto next = waiting_.front();
            waiting_.pop_front();
            next.resume();
        }
        passing_ = false;
        if (std::exchange(free_, false)) taken_ = false;
    }

    bool taken_ = false;
    bool free_ = false;     // the turn was let go and not yet given to the next
    bool passing_ = false;  // leave() is at it, further down the stack
    std::deque<std::coroutine_handle<>> waiting_;
};

}  // namespace fors::env
