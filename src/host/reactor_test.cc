// SPDX-License-Identifier: Apache-2.0
// Reactors on threads of their own: messages from others, sockets, the end; run under
// ThreadSanitizer, too.
#include "host/reactor.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "host/signals.h"
#include "host/worker.h"

namespace fors::host {
namespace {

using namespace std::chrono_literals;

// A reactor that turns until the end of the test.
class Running {
public:
    Running() : thread_([this] { reactor.run(); }) {}
    ~Running() {
        reactor.stop();
        thread_.join();
    }

    // Runs `what` there and waits for its end.
    void at(std::function<void()> what) {
        std::latch done(1);
        reactor.post([&] {
            what();
            done.count_down();
        });
        done.wait();
    }

    Reactor reactor;

private:
    std::thread thread_;
};

TEST(Reactor, runs_what_each_poster_posted_in_its_order) {
    constexpr int posters = 4;
    constexpr int each = 2000;
    std::vector<int> last(posters, -1);  // the reactor's
    int disorders = 0;
    Running running;
    {
        std::vector<std::jthread> threads;
        for (int poster = 0; poster < posters; ++poster)
            threads.emplace_back([&, poster] {
                for (int number = 0; number < each; ++number)
                    running.reactor.post([&, poster, number] {
                        int& before = last[static_cast<size_t>(poster)];
                        disorders += number != before + 1;
                        before = number;
                    });
            });
    }
    running.at([&] { EXPECT_EQ(last, std::vector<int>(posters, each - 1)); });
    EXPECT_EQ(disorders, 0);
}

// Each answer is posted to one who is about to sleep or has just done so.
TEST(Reactor, no_post_is_slept_through) {
    constexpr int rounds = 5000;
    std::latch done(1);
    int count = 0;  // handed over with the message
    std::function<void()> there;
    std::function<void()> back;
    Worker worker("test");
    Running running;  // ends first: it posts what ends the test
    back = [&] { worker.post([&] { there(); }); };
    there = [&] {
        if (++count == rounds) return done.count_down();
        running.reactor.post([&] { back(); });
    };
    running.reactor.post([&] { back(); });
    done.wait();
    EXPECT_EQ(count, rounds);
}

TEST(Reactor, a_turn_ends_after_its_messages_and_timers_come_by_time) {
    std::vector<int> order;
    std::latch done(1);
    Running running;
    running.at([&] {
        Reactor& reactor = running.reactor;
        reactor.after(2ms, [&] {
            order.push_back(4);
            done.count_down();
        });
        reactor.after(1ms, [&] { order.push_back(3); });
        reactor.cancel(reactor.after(0ms, [&] { order.push_back(0); }));
        reactor.at_turn_end([&] { order.push_back(2); });
        order.push_back(1);
    });
    done.wait();
    EXPECT_EQ(order, (std::vector{1, 2, 3, 4}));
}

TEST(Reactor, signals_are_callbacks) {
    sigset_t before;
    pthread_sigmask(SIG_SETMASK, nullptr, &before);
    block_signals();
    Reactor reactor;
    int got = 0;
    reactor.on_signal([&](int signal) {
        got = signal;
        reactor.stop();
    });
    kill(getpid(), SIGTERM);
    reactor.run();
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    EXPECT_EQ(got, SIGTERM);
}

// Sends back all that comes; counts in atomics as the server's meter does.
class Echo final : public env::Acceptor {
public:
    explicit Echo(std::atomic<int>& accepted) : accepted_(accepted) {}

    void on_connection(std::unique_ptr<env::Socket> socket) override {
        ++accepted_;
        links_.push_back(std::make_unique<Link>(std::move(socket)));
    }

private:
    struct Link final : env::Socket::Events {
        explicit Link(std::unique_ptr<env::Socket> given) : socket(std::move(given)) {
            socket->start(*this);
        }
        void on_data(Bytes data) override { socket->send(std::string(as_text(data))); }
        void on_sent() override {}
        void on_closed() override { socket.reset(); }

        std::unique_ptr<env::Socket> socket;
    };

    std::atomic<int>& accepted_;
    std::vector<std::unique_ptr<Link>> links_;
};

// Says its words one after the other, each after the last one's echo.
class Caller final : public env::Socket::Events {
public:
    Caller(Reactor& reactor, const env::Endpoint& to, int words, std::latch& done)
        : socket_(*reactor.connect(to)), left_(words), done_(done) {
        socket_->start(*this);
        socket_->send(word);
    }

    void on_data(Bytes data) override {
        heard_ += as_text(data);
        if (heard_.size() < word.size()) return;
        right_ = right_ && heard_ == word;
        heard_.clear();
        if (--left_ > 0) return socket_->send(word);
        socket_.reset();
        done_.count_down();
    }
    void on_sent() override {}
    void on_closed() override {
        right_ = false;
        done_.count_down();
    }

    bool right() const { return right_ && left_ == 0; }

private:
    const std::string word = std::string(3000, 'w');

    std::unique_ptr<env::Socket> socket_;
    int left_;
    std::latch& done_;
    std::string heard_;
    bool right_ = true;
};

TEST(Reactor, several_share_a_port_and_each_serves_its_connections) {
    constexpr int callers = 32;
    constexpr int words = 50;
    std::atomic<int> accepted = 0;
    std::latch done(callers);
    std::vector<std::unique_ptr<Caller>> calling;
    std::vector<std::unique_ptr<Echo>> echoes;
    std::vector<std::unique_ptr<env::Listener>> listeners(2);
    env::Endpoint endpoint{"127.0.0.1", 0};
    Running serving[2];
    Running clients;
    for (size_t at = 0; at < 2; ++at) {
        echoes.push_back(std::make_unique<Echo>(accepted));
        serving[at].at([&] {
            listeners[at] = *serving[at].reactor.listen(endpoint, *echoes[at]);
            endpoint = listeners[at]->endpoint();
        });
    }
    clients.at([&] {
        for (int at = 0; at < callers; ++at)
            calling.push_back(std::make_unique<Caller>(clients.reactor, endpoint, words, done));
    });
    done.wait();
    EXPECT_EQ(accepted, callers);
    clients.at([&] {
        for (const auto& caller : calling) EXPECT_TRUE(caller->right());
        calling.clear();
    });
    for (size_t at = 0; at < 2; ++at)
        serving[at].at([&] {
            listeners[at].reset();
            echoes[at].reset();
        });
}

// Counts what comes until the end; one that pauses reads no more after each piece until the next
// turn.
class Counting final : public env::Acceptor, env::Socket::Events {
public:
    Counting(Reactor& reactor, bool pauses) : reactor_(reactor), pauses_(pauses) {}

    void on_connection(std::unique_ptr<env::Socket> socket) override {
        socket_ = std::move(socket);
        socket_->start(*this);
    }
    void on_data(Bytes data) override {
        bytes_ += data.size();
        if (!pauses_) return;
        socket_->pause_reading(true);
        reactor_.post([this] {
            if (socket_) socket_->pause_reading(false);
        });
    }
    void on_sent() override {}
    void on_closed() override {
        socket_.reset();
        ended_.count_down();
    }

    size_t bytes_at_the_end() {
        ended_.wait();
        return bytes_;
    }

private:
    Reactor& reactor_;
    const bool pauses_;
    std::unique_ptr<env::Socket> socket_;
    size_t bytes_ = 0;
    std::latch ended_{1};
};

// Connects, sends and ends in one go.
void send_and_end(const env::Endpoint& to, size_t bytes) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{
        .sin_family = AF_INET, .sin_port = htons(to.port), .sin_addr = {}, .sin_zero = {}};
    inet_pton(AF_INET, to.host.c_str(), &address.sin_addr);
    ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
    const std::string all(bytes, 'b');
    for (size_t sent = 0; sent < bytes;) {
        const ssize_t taken = send(fd, all.data() + sent, bytes - sent, MSG_NOSIGNAL);
        ASSERT_GT(taken, 0);
        sent += static_cast<size_t>(taken);
    }
    shutdown(fd, SHUT_WR);
    char last = 0;
    EXPECT_LE(recv(fd, &last, 1, 0), 0);  // the other side is gone
    close(fd);
}

// Little, more than one turn reads, and the end that came with it.
// It was told twice that there is none for a connection; of the first time a timer was left, which
// came after the listener's end.
TEST(Reactor, a_listener_that_lacks_descriptors_may_go) {
    struct Refuser final : env::Acceptor {
        void on_connection(std::unique_ptr<env::Socket>) override { ++accepted; }
        int accepted = 0;
    } refuser;
    Running running;
    std::unique_ptr<env::Listener> listener;
    running.at([&] { listener = *running.reactor.listen({"127.0.0.1", 0}, refuser); });
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(listener->endpoint().port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    running.at([&] {
        rlimit limit{};
        getrlimit(RLIMIT_NOFILE, &limit);
        rlimit none = limit;
        none.rlim_cur = 3;
        setrlimit(RLIMIT_NOFILE, &none);
        connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof(to));
        listener->take_waiting();
        listener->take_waiting();
        setrlimit(RLIMIT_NOFILE, &limit);
        listener.reset();
    });
    std::latch later(1);
    running.at([&] { running.reactor.after(100ms, [&] { later.count_down(); }); });
    later.wait();
    close(client);
    EXPECT_EQ(refuser.accepted, 0);
}

TEST(Reactor, a_client_of_ipv4_has_its_own_address_behind_a_listener_on_all) {
    struct Asker final : env::Acceptor {
        void on_connection(std::unique_ptr<env::Socket> socket) override {
            peer = socket->peer();
            heard.count_down();
        }
        std::string peer;
        std::latch heard{1};
    } asker;
    Running running;
    std::unique_ptr<env::Listener> listener;
    running.at([&] {
        auto listening = running.reactor.listen({"::", 0}, asker);
        if (listening) listener = std::move(*listening);
    });
    if (!listener) GTEST_SKIP() << "no IPv6 here";
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(listener->endpoint().port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(client, reinterpret_cast<const sockaddr*>(&to), sizeof(to)), 0);
    asker.heard.wait();
    EXPECT_TRUE(asker.peer.starts_with("127.0.0.1:")) << asker.peer;
    close(client);
    running.at([&] { listener.reset(); });
}

// The kernel reports it in every turn, as long as it is watched.
TEST(Reactor, a_refused_connection_that_is_kept_costs_nothing) {
    struct Keeper final : env::Socket::Events {
        void on_data(Bytes) override {}
        void on_sent() override {}
        void on_closed() override {
            ++closed;
            heard.count_down();
        }
        std::unique_ptr<env::Socket> socket;
        int closed = 0;
        std::latch heard{1};
    } keeper;
    const auto cpu_used = [] {
        timespec used{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
        return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
    };
    std::chrono::nanoseconds used{};
    std::latch later(1);
    Running running;
    running.at([&] {
        keeper.socket = *running.reactor.connect({"127.0.0.1", 1});  // nobody listens there
        keeper.socket->start(keeper);
        keeper.socket->send("never sent");
    });
    keeper.heard.wait();
    running.at([&] {
        used = cpu_used();
        running.reactor.after(200ms, [&] {
            used = cpu_used() - used;
            keeper.socket->pause_reading(true);  // may still be said to it
            keeper.socket->pause_reading(false);
            later.count_down();
        });
    });
    later.wait();
    EXPECT_LT(used, 10ms);
    running.at([&] {
        EXPECT_EQ(keeper.closed, 1);
        keeper.socket.reset();
    });
}

TEST(Reactor, all_that_was_sent_is_read_and_then_the_end) {
    for (const size_t bytes : {0UL, 10UL, 256UL << 10, 5UL << 20, (5UL << 20) + 1}) {
        Running serving;
        Counting counting(serving.reactor, bytes % 2 == 1);
        std::unique_ptr<env::Listener> listener;
        env::Endpoint endpoint{"127.0.0.1", 0};
        serving.at([&] {
            listener = *serving.reactor.listen(endpoint, counting);
            endpoint = listener->endpoint();
        });
        send_and_end(endpoint, bytes);
        EXPECT_EQ(counting.bytes_at_the_end(), bytes);
        serving.at([&] { listener.reset(); });
    }
}

}  // namespace
}  // namespace fors::host
