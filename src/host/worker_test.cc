// SPDX-License-Identifier: Apache-2.0
// The worker thread under several posters at once; run under ThreadSanitizer, too.
#include "host/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <thread>
#include <vector>

#include "base/buffer.h"
#include "env/task.h"

namespace fors::host {
namespace {

using namespace std::chrono_literals;

TEST(Worker, runs_what_each_poster_posted_in_its_order_and_all_of_it_before_its_end) {
    constexpr int posters = 4;
    constexpr int each = 2000;
    std::vector<int> last(posters, -1);  // the worker's until it has ended
    int disorders = 0;
    {
        Worker worker("test");
        std::vector<std::jthread> threads;
        for (int poster = 0; poster < posters; ++poster)
            threads.emplace_back([&, poster] {
                for (int number = 0; number < each; ++number)
                    worker.post([&, poster, number] {
                        int& before = last[static_cast<size_t>(poster)];
                        disorders += number != before + 1;
                        before = number;
                    });
            });
        threads.clear();
    }
    EXPECT_EQ(disorders, 0);
    EXPECT_EQ(last, std::vector<int>(posters, each - 1));
}

// At the end of a server the one thread may still have something to tell the other.
TEST(Worker, a_post_to_one_that_has_finished_is_not_run) {
    bool ran = false;
    Worker one("one");
    Worker other("other");
    one.finish();
    other.post([&] { one.post([&] { ran = true; }); });
    other.finish();
    other.finish();
    EXPECT_FALSE(ran);
}

// Each answer is posted to one who is about to sleep or has just done so.
TEST(Worker, no_post_is_slept_through) {
    constexpr int rounds = 5000;
    std::latch done(1);
    int count = 0;  // handed over with the message
    std::function<void()> there;
    std::function<void()> back;
    Worker other("other");
    Worker one("one");  // ends first: it posts what ends the test
    back = [&] { other.post([&] { there(); }); };
    there = [&] {
        if (++count == rounds) return done.count_down();
        one.post([&] { back(); });
    };
    one.post([&] { back(); });
    done.wait();
    EXPECT_EQ(count, rounds);
}

TEST(Worker, a_message_comes_before_a_timer_that_is_far_away) {
    std::latch armed(1);
    std::latch came(1);
    bool rang = false;
    env::TimerId timer;
    Worker worker("test");
    worker.post([&] {
        timer = worker.after(1h, [&] { rang = true; });
        armed.count_down();
    });
    armed.wait();
    worker.post([&] {
        worker.cancel(timer);
        came.count_down();
    });
    came.wait();
    EXPECT_FALSE(rang);
}

TEST(Worker, timers_come_by_time_and_the_turns_end_after_its_messages) {
    std::vector<int> order;
    std::latch done(1);
    Worker worker("test");
    worker.post([&] {
        worker.after(2ms, [&] {
            order.push_back(4);
            done.count_down();
        });
        worker.after(1ms, [&] { order.push_back(3); });
        worker.at_turn_end([&] { order.push_back(2); });
        order.push_back(1);
    });
    done.wait();
    EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
}

env::Task<void> wander(Worker& one, Worker& other, int rounds, int& steps, std::latch& done) {
    for (int round = 0; round < rounds; ++round) {
        co_await env::resume_on(one);
        ++steps;
        co_await env::resume_on(other);
        ++steps;
    }
    done.count_down();
}

// What a coroutine holds goes with it from thread to thread.
TEST(Worker, coroutines_go_from_thread_to_thread) {
    constexpr int wanderers = 8;
    constexpr int rounds = 500;
    std::vector<int> steps(wanderers);
    std::latch done(wanderers);
    Worker other("other");
    Worker one("one");  // ends first: it posts what ends the test
    for (int& each : steps) env::spawn(wander(one, other, rounds, each, done));
    done.wait();
    EXPECT_EQ(steps, std::vector<int>(wanderers, 2 * rounds));
}

class Watched final : public Buffer {
public:
    explicit Watched(std::atomic<int>& freed) : freed_(freed) {}
    ~Watched() override {
        value = 0;
        ++freed_;
    }
    int value = 1;

private:
    std::atomic<int>& freed_;
};

// As batches are: whoever lets go last frees it, after all that the others did with it.
TEST(Worker, a_shared_buffer_is_freed_once_whoever_lets_go_last) {
    constexpr int rounds = 2000;
    std::atomic<int> freed = 0;
    std::atomic<int> read = 0;
    {
        Worker one("one");
        Worker other("other");
        for (int round = 0; round < rounds; ++round) {
            auto owned = std::make_unique<Watched>(freed);
            const Watched* watched = owned.get();
            const BufferRef buffer(std::move(owned));
            one.post([buffer, watched, &read] { read += watched->value; });
            other.post([buffer, watched, &read] { read += watched->value; });
        }
    }
    EXPECT_EQ(freed, rounds);
    EXPECT_EQ(read, 2 * rounds);
}

}  // namespace
}  // namespace fors::host
