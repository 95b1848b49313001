// SPDX-License-Identifier: Apache-2.0
// Answers in events, from the source to the socket: back pressure, and every way such an answer
// ends.
#include "server/server.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/bytes.h"
#include "http/test_http2_client.h"
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
    Ticks(int count, int& given_by_all) : left_(count), given_by_all_(given_by_all) {}

    env::Task<Result<std::optional<Event>>> next() override {
        if (!over && left_ == 0) {
            env::Completion<bool> cancelled;
            waiting_ = &cancelled;
            (void)co_await cancelled;
        }
        if (over) co_return std::nullopt;
        --left_;
        ++given;
        ++given_by_all_;
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
    int& given_by_all_;
    env::Completion<bool>* waiting_ = nullptr;
};

class Ticker final : public core::Service {
public:
    static constexpr int refuses = -1;

    Ticker(sim::World& world, int count) : world_(world), count_(count) {}
    env::Task<Result<core::Events>> listen(core::Context&, const Listen&) {
        ++asked;
        if (answers_after > 0ms) co_await sim::pause{world_, answers_after};
        if (count_ == refuses) co_return fail(Code::internal, "no");
        auto ticks = std::make_shared<Ticks>(count_, given);
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
    std::chrono::milliseconds answers_after{0};
    int asked = 0;
    int given = 0;

private:
    sim::World& world_;
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
        bool paused = false;
    };
    explicit Wire(State& state) : state_(state) {}
    ~Wire() override { state_.events = nullptr; }
    void start(Events& events) override { state_.events = &events; }
    void send(std::string bytes) override { state_.sent += bytes; }
    size_t unsent_bytes() const override { return state_.sent.size() - state_.taken; }
    void pause_reading(bool paused) override { state_.paused = paused; }
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

const std::string authorization =
    "AWS4-HMAC-SHA256 Credential=t/20231114/us-east-1/t/aws4_request, SignedHeaders=host, "
    "Signature=0";
const std::string listen_request =
    "POST / HTTP/1.1\r\nhost: t\r\ncontent-type: application/x-amz-json-1.1\r\n"
    "x-amz-target: Test.Listen\r\nx-amz-date: 20231114T221320Z\r\nauthorization: " +
    authorization + "\r\ncontent-length: 2\r\n\r\n{}";

class EventsOverHttp : public testing::Test {
protected:
    void TearDown() override {
        if (wire.events) wire.events->on_closed();
        world.run_for(100ms);
    }
    void begin(int events, Options options = {}) {
        ticker_ = std::make_unique<Ticker>(world, events);
        router_ = std::make_unique<core::Router>(
            env(), *verifier_, std::vector<core::Service*>{ticker_.get()},
            std::vector<core::Page>{}, meter_, core::RouterOptions{});
        server_ = std::make_unique<Server>(env(), *router_, nullptr, meter_, options);
        home_.post([this] { ASSERT_TRUE(server_->listen({})); });
    }
    void connect(Wire::State& state) {
        home_.post([&] { server_->on_connection(std::make_unique<Wire>(state)); });
    }
    // A client that has asked, and the server's first turns.
    void ask(int events) {
        begin(events);
        connect(wire);
        say(listen_request);
        world.run_for(100ms);
    }
    void say(const std::string& bytes) {
        home_.post([this, bytes] { wire.events->on_data(as_bytes(bytes)); });
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
    std::unique_ptr<Ticker> ticker_;

private:
    sim::Executor& home_ = world.make_process().make_executor();
    NoNetwork network_;
    core::Meter meter_;
    std::unique_ptr<auth::Verifier> verifier_ = auth::make_verifier({});
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

TEST_F(EventsOverHttp, a_request_taken_back_before_its_answer_begins_is_given_nothing) {
    begin(10'000);
    ticker_->answers_after = 5ms;
    connect(wire);
    http::Http2Client client;
    const int32_t id = client.request("POST", "/",
                                      {{"content-type", "application/x-amz-json-1.1"},
                                       {"x-amz-target", "Test.Listen"},
                                       {"x-amz-date", "20231114T221320Z"},
                                       {"authorization", authorization}},
                                      "{}");
    say(client.take_output());
    world.run_for(1ms);
    EXPECT_EQ(ticker_->asked, 1);
    client.reset(id);
    say(client.take_output());
    world.run_for(1s);
    EXPECT_EQ(ticks(), nullptr);
    EXPECT_EQ(ticker_->given, 0);
}

// What waits for answers stays in the client's hands.
TEST_F(EventsOverHttp, a_pipeline_that_is_too_long_is_not_read_on) {
    begin(Ticker::refuses, {.http = {.pipelined_max = 2}});
    ticker_->answers_after = 5ms;
    connect(wire);
    for (int each = 0; each < 3; ++each) say(listen_request);
    world.run_for(1ms);
    EXPECT_EQ(ticker_->asked, 2);
    EXPECT_TRUE(wire.paused);
    world.run_for(100ms);
    EXPECT_EQ(ticker_->asked, 3);
    EXPECT_FALSE(wire.paused);
}

}  // namespace
}  // namespace fors::server
