// SPDX-License-Identifier: Apache-2.0
// Answers in events, from the source to the socket: back pressure, and every way such an answer
// ends.
#include "server/server.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/bytes.h"
#include "sim/world.h"

namespace fors::server {

// An operation that answers in events of 100 KiB.
struct Listen {};
struct Tick {
    std::string_view text;
};

}  // namespace fors::server

namespace fors::wire {

template <>
struct Shape<fors::server::Listen> {
    static constexpr std::string_view name = "Listen";
    static constexpr std::span<const Field> fields{};
};

template <>
struct Shape<fors::server::Tick> {
    static constexpr std::string_view name = "Tick";
    static constexpr Field fields[] = {field<&fors::server::Tick::text>("text")};
};

}  // namespace fors::wire

namespace fors::server {
namespace {

using namespace std::chrono_literals;

constexpr size_t tick_bytes = 100 << 10;

// Gives so many events at once and then waits for its end.
class Ticks final : public core::EventSource {
public:
    explicit Ticks(int count) : left_(count) {}

    env::Task<Result<std::optional<Event>>> next() override {
        if (!over && left_ == 0) {
            env::Completion<bool> cancelled;
            waiting_ = &cancelled;
            (void)co_await cancelled;
        }
        if (over) co_return std::nullopt;
        --left_;
        ++given;
        co_return Event{"Tick", &wire::table_of<Tick>, &tick_};
    }
    void cancel() override {
        over = true;
        if (auto* waiting = std::exchange(waiting_, nullptr)) waiting->set(true);
    }

    int given = 0;
    bool over = false;

private:
    std::string text_ = std::string(tick_bytes, 't');
    Tick tick_{text_};
    int left_;
    env::Completion<bool>* waiting_ = nullptr;
};

class Ticker final : public core::Service {
public:
    explicit Ticker(int count) : count_(count) {}
    env::Task<Result<core::Events>> listen(core::Context&, const Listen&) {
        auto ticks = std::make_shared<Ticks>(count_);
        last = ticks;
        co_return ticks;
    }
    std::string_view name() const override { return "test"; }
    std::string_view target_prefix() const override { return "Test"; }
    std::span<const core::Operation> operations() const override {
        static constexpr core::Operation table[] = {
            core::operation_in_events<&Ticker::listen, Tick>("Listen")};
        return table;
    }
    std::span<const std::string_view> operations_missing() const override { return {}; }
    std::span<const core::ErrorName> errors() const override { return {}; }

    std::weak_ptr<Ticks> last;

private:
    int count_;
};

// The client's side in the test's hands: what it has not taken is unsent.
class Wire final : public env::Socket {
public:
    struct State {
        Events* events = nullptr;
        std::string sent;
        size_t taken = 0;
        std::string arrived;  // and not looked at yet
        bool left = false;
    };
    explicit Wire(State& state) : state_(state) {}
    ~Wire() override { state_.events = nullptr; }
    void start(Events& events) override { state_.events = &events; }
    void send(std::string bytes) override { state_.sent += bytes; }
    size_t unsent_bytes() const override { return state_.sent.size() - state_.taken; }
    void pause_reading(bool) override {}
    void take_arrived() override {
        if (state_.left) return state_.events->on_closed();
        const std::string bytes = std::exchange(state_.arrived, "");
        if (!bytes.empty()) state_.events->on_data(as_bytes(bytes));
    }
    void finish() override {}
    std::string peer() const override { return "test"; }

private:
    State& state_;
};

class NoNetwork final : public env::Network {
public:
    Result<std::unique_ptr<env::Listener>> listen(const env::Endpoint& at,
                                                  env::Acceptor&) override {
        class Nobody final : public env::Listener {
            env::Endpoint endpoint() const override { return {}; }
            void take_waiting() override {}
        };
        (void)at;
        return std::make_unique<Nobody>();
    }
    Result<std::unique_ptr<env::Socket>> connect(const env::Endpoint&) override {
        return fail(Code::io_failed, "no network");
    }
};

constexpr std::string_view listen_request =
    "POST / HTTP/1.1\r\nhost: t\r\ncontent-type: application/x-amz-json-1.1\r\n"
    "x-amz-target: Test.Listen\r\nx-amz-date: 20231114T221320Z\r\n"
    "authorization: AWS4-HMAC-SHA256 Credential=t/20231114/us-east-1/t/aws4_request, "
    "SignedHeaders=host, Signature=0\r\ncontent-length: 2\r\n\r\n{}";

class EventsOverHttp : public testing::Test {
protected:
    void TearDown() override {
        if (wire.events) wire.events->on_closed();
        world.run_for(100ms);
    }
    void begin(int events) {
        ticker_ = std::make_unique<Ticker>(events);
        router_ = std::make_unique<core::Router>(
            env(), *verifier_, std::vector<core::Service*>{ticker_.get()},
            std::vector<core::Page>{}, meter_, core::RouterOptions{});
        server_ = std::make_unique<Server>(env(), *router_, nullptr, meter_, Options{});
        home_.post([this] { ASSERT_TRUE(server_->listen({})); });
    }
    void connect(Wire::State& state) {
        home_.post([&] { server_->on_connection(std::make_unique<Wire>(state)); });
    }
    // A client that has asked, and the server's first turns.
    void ask(int events) {
        begin(events);
        connect(wire);
        home_.post([this] { wire.events->on_data(as_bytes(listen_request)); });
        world.run_for(100ms);
    }
    // The client takes so much.
    void take(size_t bytes) {
        wire.taken = std::min(wire.sent.size(), wire.taken + bytes);
        if (wire.taken == wire.sent.size())
            home_.post([this] {
                if (wire.events) wire.events->on_sent();
            });
        world.run_for(1ms);
    }
    std::shared_ptr<Ticks> ticks() { return ticker_->last.lock(); }
    env::Env env() { return {world.clock(), world.random(), network_, home_}; }

    sim::World world{1};
    Wire::State wire;
    std::unique_ptr<Server> server_;

private:
    sim::Executor& home_ = world.make_process().make_executor();
    NoNetwork network_;
    core::Meter meter_;
    std::unique_ptr<auth::Verifier> verifier_ = auth::make_verifier({});
    std::unique_ptr<Ticker> ticker_;
    std::unique_ptr<core::Router> router_;
};

TEST_F(EventsOverHttp, a_client_that_takes_nothing_holds_few_events) {
    ask(100);
    EXPECT_TRUE(wire.sent.starts_with("HTTP/1.1 200"));
    EXPECT_NE(wire.sent.find("initial-response"), std::string::npos);
    const int before = ticks()->given;
    EXPECT_LE(before, 4);
    world.run_for(10s);
    EXPECT_EQ(ticks()->given, before);
    for (int each = 0; each < 200; ++each) take(tick_bytes);
    EXPECT_EQ(ticks()->given, 100);
    EXPECT_GT(wire.sent.size(), 100 * tick_bytes);
}

TEST_F(EventsOverHttp, a_client_that_goes_ends_its_source) {
    ask(1);
    take(1 << 20);
    EXPECT_FALSE(ticks()->over);
    wire.events->on_closed();
    world.run_for(100ms);
    EXPECT_EQ(ticks(), nullptr);
    EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(EventsOverHttp, a_client_that_goes_while_it_holds_events_back_ends_its_source) {
    ask(100);
    wire.events->on_closed();
    world.run_for(100ms);
    EXPECT_EQ(ticks(), nullptr);
}

TEST_F(EventsOverHttp, a_client_that_takes_nothing_for_a_minute_is_cut_off) {
    ask(100);
    world.run_for(50s);
    EXPECT_NE(ticks(), nullptr);
    world.run_for(15s);
    EXPECT_EQ(ticks(), nullptr);
    EXPECT_EQ(server_->connections(), 0U);
}

TEST_F(EventsOverHttp, a_slow_one_is_not) {
    ask(100);
    for (int second = 0; second < 280; ++second) {
        take(1000);
        world.run_for(1s);
    }
    EXPECT_NE(ticks(), nullptr);
}

TEST_F(EventsOverHttp, a_server_that_shuts_down_ends_them_in_order) {
    ask(1);
    take(1 << 20);
    bool drained = false;
    server_->shut_down([&] { drained = true; });
    world.run_for(100ms);
    EXPECT_TRUE(wire.sent.ends_with("0\r\n\r\n"));
    take(1 << 20);
    world.run_for(2s);
    EXPECT_TRUE(drained);
}

// Clients that leave meanwhile don't make the server believe that it has heard them all.
TEST_F(EventsOverHttp, what_has_arrived_is_answered_by_a_server_that_shuts_down) {
    begin(1);
    Wire::State one, another;
    connect(one);
    connect(wire);
    connect(another);
    world.run_for(100ms);
    one.left = another.left = true;
    wire.arrived = listen_request.substr(0, listen_request.size() - 1);
    bool drained = false;
    server_->shut_down([&] { drained = true; });
    world.run_for(100ms);
    EXPECT_FALSE(drained);
    wire.events->on_data(as_bytes(listen_request.substr(listen_request.size() - 1)));
    world.run_for(100ms);
    EXPECT_TRUE(wire.sent.starts_with("HTTP/1.1 200"));
    take(1 << 20);
    world.run_for(2s);
    EXPECT_TRUE(drained);
}

}  // namespace
}  // namespace fors::server
