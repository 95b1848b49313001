// SPDX-License-Identifier: Apache-2.0
// Task<T>: a lazy coroutine that runs when it is awaited; Completion<T>: a value that someone else
// will bring.
//
// Read a task like a function. Parameters by value, or references to objects that outlive the task;
// no capturing lambda coroutines; no await in a catch handler; what is awaited gets a name.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "env/executor.h"

namespace fors::env {

template <class T = void>
class [[nodiscard]] Task;

namespace detail {

// At its end a task goes straight on to whoever awaited it, without growing the stack.
struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> self) const noexcept {
        return self.promise().awaiting;
    }
    void await_resume() const noexcept {}
};

struct PromiseBase {
    std::coroutine_handle<> awaiting = std::noop_coroutine();

    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    // Errors are values here: an exception that reaches this point is a broken invariant (or no
    // memory).
    void unhandled_exception() const noexcept { std::terminate(); }
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object() noexcept;
    template <class U = T>
    void return_value(U&& given) {
        value.emplace(std::forward<U>(given));
    }
    T take() { return std::move(*value); }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object() noexcept;
    void return_void() const noexcept {}
    void take() const noexcept {}
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
public:
    using promise_type = detail::Promise<T>;

    explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Task() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        handle_.promise().awaiting = awaiting;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

private:
    std::coroutine_handle<promise_type> handle_;
};

namespace detail {

template <class T>
Task<T> Promise<T>::get_return_object() noexcept {
    return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> Promise<void>::get_return_object() noexcept {
    return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// A coroutine nobody awaits: runs at once, frees itself at its end.
struct Detached {
    struct promise_type {
        Detached get_return_object() const noexcept { return {}; }
        std::suspend_never initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept { std::terminate(); }
    };
};

inline Detached run_detached(Task<void> task) { co_await std::move(task); }

}  // namespace detail

// Runs `task` on the calling thread until it first waits; it goes on by itself from there. The
// caller sees to it that what the task refers to outlives it.
inline void spawn(Task<void> task) { detail::run_detached(std::move(task)); }

// A value that arrives later: one waiter, one setter, both on the same thread. It must outlive the
// wait.
template <class T>
class Completion {
public:
    // The waiter goes on inside this call.
    void set(T value) {
        FORS_ASSERT(!value_);
        value_.emplace(std::move(value));
        if (auto waiting = std::exchange(waiting_, nullptr)) waiting.resume();
    }

    bool await_ready() const noexcept { return value_.has_value(); }
    void await_suspend(std::coroutine_handle<> waiting) noexcept { waiting_ = waiting; }
    T await_resume() { return std::move(*value_); }

private:
    std::optional<T> value_;
    std::coroutine_handle<> waiting_;
};

// co_await resume_on(executor): the coroutine goes on in a turn of that executor's thread.
struct resume_on {
    Executor& executor;
    explicit resume_on(Executor& to) : executor(to) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const {
        executor.post([self] { self.resume(); });
    }
    void await_resume() const noexcept {}
};

// co_await sleep(executor, delay): goes on after `delay`; on that executor's thread only.
struct sleep {
    Executor& executor;
    Nanoseconds delay;
    sleep(Executor& on, Nanoseconds duration) : executor(on), delay(duration) {}
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> self) const {
        executor.after(delay, [self] { self.resume(); });
    }
    void await_resume() const noexcept {}
};

}  // namespace fors::env
