// SPDX-License-Identifier: Apache-2.0
// A worker in virtual time against a server that answers late, refuses, stalls or dies.
#include "load/worker.h"

#include <gtest/gtest.h>

#include <set>

#include "http/http.h"
#include "load/puts.h"
#include "sim/network.h"
#include "sim/world.h"

namespace fors::load {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr uint16_t port = 4566;

// A server of few words: each answer comes `service` after its request; between stall_from and
// stall_to none leaves.
class Slow final : public env::Acceptor {
public:
    Slow(sim::World& world, sim::Network& network, sim::Process& process)
        : world_(world), executor_(process.make_executor()) {
        view_ = network.view(process, executor_);
        listener_ = *view_->listen({"127.0.0.1", port}, *this);
    }

    void on_connection(std::unique_ptr<env::Socket> socket) override {
        connections_.push_back(std::make_unique<Connection>(*this, std::move(socket)));
    }

    nanoseconds service = milliseconds(1);
    nanoseconds stall_from{};
    nanoseconds stall_to{};
    int status = 200;
    std::string answer = R"({"ShardId":"s","SequenceNumber":"1"})";
    uint64_t requests = 0;

private:
    struct Connection final : env::Socket::Events, http::Connection::Events {
        Connection(Slow& slow, std::unique_ptr<env::Socket> given)
            : server(slow), socket(std::move(given)) {
            http = http::make_server_connection({}, nullptr, *this);
            socket->start(*this);
        }
        void on_data(Bytes data) override {
            http->feed(data);
            flush();
        }
        void on_sent() override {}
        void on_closed() override {}
        void on_cancelled(http::StreamId) override {}
        void on_request(http::StreamId stream, http::Request) override {
            ++server.requests;
            const nanoseconds ready = server.world_.now() + server.service;
            const bool stalled = ready >= server.stall_from && ready < server.stall_to;
            const nanoseconds at = stalled ? server.stall_to : ready;
            server.executor_.after(at - server.world_.now(), [this, stream] {
                http::Response response;
                response.status = server.status;
                response.body = server.answer;
                http->respond(stream, std::move(response));
                flush();
            });
        }
        void flush() { socket->send(http->take_output()); }

        Slow& server;
        std::unique_ptr<env::Socket> socket;
        std::unique_ptr<http::Connection> http;
    };

    sim::World& world_;
    sim::Executor& executor_;
    std::unique_ptr<env::Network> view_;
    std::unique_ptr<env::Listener> listener_;
    std::vector<std::unique_ptr<Connection>> connections_;
};

class WorkerTest : public testing::Test {
protected:
    void run(const Share& share, nanoseconds limit = seconds(3600)) {
        const size_t slots = target.protocol == Protocol::http1 ? 1 : target.streams;
        puts = std::make_unique<Puts>(scope, *bodies, false, share.links * slots, 0, 1);
        worker = std::make_unique<Worker>(
            env, target, *puts, share,
            Worker::Events{.report =
                               [this](const Report& report) {
                                   by_phase[report.phase].add(report.tally);
                                   measured = report.measured;
                               },
                           .done = [this] { ++done; }});
        worker->begin();
        EXPECT_TRUE(world.run_until([this] { return done > 0; }, limit));
        for (auto& [phase, each] : by_phase) all.add(each);
    }

    sim::World world{11};
    // Bytes take next to no time, so that what is measured is the server's doing.
    sim::Network network{world, {.latency = nanoseconds(1000)}};
    sim::Process& server_process = world.make_process();
    Slow server{world, network, server_process};
    sim::Process& our_process = world.make_process();
    sim::Executor& executor = our_process.make_executor();
    std::unique_ptr<env::Network> view = network.view(our_process, executor);
    env::Env env{world.clock(), world.random(), *view, executor};
    Target target{.address = {"127.0.0.1", port}, .authority = "here", .host = "here"};
    Signer::Scope scope{.host = "here", .path = "/", .region = "r", .session_token = {}, .key = {}};
    Result<std::vector<Body>> bodies = make_bodies({.stream = "s", .size = 10}, world.random());
    std::unique_ptr<Puts> puts;
    std::unique_ptr<Worker> worker;

    std::map<Phase, Tally> by_phase;
    Tally all;
    nanoseconds measured{};
    int done = 0;
};

TEST_F(WorkerTest, a_count_is_sent_exactly_and_ends_with_its_last_answer) {
    run({.links = 7, .count = 100, .timeout = seconds(5)});
    EXPECT_EQ(server.requests, 100u);
    EXPECT_EQ(all.succeeded, 100u);
    EXPECT_EQ(all.records, 100u);
    EXPECT_EQ(all.bytes, 1000u);
    EXPECT_EQ(by_phase[Phase::measured].requests, 100u);
    EXPECT_EQ(all.latency.count(), 100u);
    // Fifteen rounds of seven.
    EXPECT_GE(measured, milliseconds(15));
    EXPECT_LT(measured, milliseconds(18));
    EXPECT_EQ(done, 1);
}

TEST_F(WorkerTest, streams_of_http2_are_used_at_once) {
    target.protocol = Protocol::http2;
    target.streams = 10;
    run({.links = 1, .count = 100, .timeout = seconds(5)});
    EXPECT_EQ(all.succeeded, 100u);
    EXPECT_LT(measured, milliseconds(13));
    EXPECT_EQ(all.protocol, "h2");
}

TEST_F(WorkerTest, phases_part_what_counts_from_what_does_not) {
    run({.links = 1, .warm_up = seconds(1), .duration = seconds(3), .timeout = seconds(5)});
    EXPECT_EQ(measured, seconds(3));
    EXPECT_EQ(all.succeeded, server.requests);
    EXPECT_NEAR(static_cast<double>(by_phase[Phase::warm_up].requests), 1000, 20);
    EXPECT_NEAR(static_cast<double>(by_phase[Phase::measured].requests), 3000, 60);
    EXPECT_LE(by_phase[Phase::after].requests, 1u);
}

TEST_F(WorkerTest, a_rate_is_kept) {
    run({.links = 4, .rate = 250, .duration = seconds(10), .timeout = seconds(5)});
    EXPECT_NEAR(static_cast<double>(server.requests), 2500, 1);
    // Neither late nor early: what is charged is what the server took.
    EXPECT_LT(all.latency.percentile(99.9), milliseconds(2));
}

TEST_F(WorkerTest, a_stall_is_charged_for_all_that_were_due) {
    server.stall_from = seconds(3);
    server.stall_to = seconds(5);
    run({.links = 1, .rate = 100, .duration = seconds(10), .timeout = seconds(20)});
    EXPECT_NEAR(static_cast<double>(all.succeeded), 1000, 1);
    // A fifth of all was due within two seconds of stall, evenly.
    EXPECT_GT(all.latency.percentile(90), milliseconds(800));
    EXPECT_LT(all.latency.percentile(75), milliseconds(5));
    // A single one was under way.
    EXPECT_LT(all.service.percentile(99), milliseconds(5));
    EXPECT_GT(all.service.max(), milliseconds(1900));
}

TEST_F(WorkerTest, a_stall_at_the_end_is_charged_too) {
    server.stall_from = seconds(8);
    server.stall_to = seconds(12);
    run({.links = 1, .rate = 100, .duration = seconds(10), .timeout = seconds(20)});
    const Tally& counted = by_phase[Phase::measured];
    EXPECT_NEAR(static_cast<double>(counted.succeeded), 1000, 1);
    // What was due from then on was answered seconds later.
    EXPECT_GT(counted.latency.percentile(85), milliseconds(2000));
    EXPECT_LT(counted.latency.percentile(60), milliseconds(5));
}

TEST_F(WorkerTest, a_rate_that_is_not_answered_ends_all_the_same) {
    server.service = seconds(1000);
    run({.links = 2, .rate = 100, .duration = seconds(10), .timeout = seconds(5)}, seconds(40));
    EXPECT_EQ(all.succeeded, 0u);
    EXPECT_GT(all.failed, 0u);
}

TEST_F(WorkerTest, refusals_are_counted_by_their_kind) {
    server.status = 400;
    server.answer =
        R"({"__type":"ProvisionedThroughputExceededException","message":"Rate exceeded"})";
    run({.links = 3, .count = 30, .timeout = seconds(5)});
    EXPECT_EQ(all.requests, 30u);
    EXPECT_EQ(all.succeeded, 0u);
    EXPECT_EQ(all.throttled, 30u);
    EXPECT_EQ(all.failed, 0u);
    ASSERT_EQ(all.troubles.size(), 1u);
    const auto& [kind, trouble] = *all.troubles.begin();
    EXPECT_EQ(kind, "ProvisionedThroughputExceededException");
    EXPECT_EQ(trouble.count, 30u);
    EXPECT_EQ(trouble.text, "Rate exceeded");
}

TEST_F(WorkerTest, a_server_that_says_nothing_is_given_up) {
    server.service = seconds(1000);
    run({.links = 2, .count = 4, .timeout = seconds(5)}, seconds(30));
    EXPECT_EQ(all.requests, 4u);
    EXPECT_EQ(all.failed, 4u);
    EXPECT_EQ(all.troubles["no answer"].text, "no answer in time");
}

TEST_F(WorkerTest, a_server_that_dies_does_not_hold_it_up) {
    executor.after(seconds(2), [this] { server_process.kill(); });
    run({.links = 3, .duration = seconds(6), .timeout = seconds(5)}, seconds(30));
    EXPECT_GT(all.succeeded, 1000u);
    EXPECT_EQ(all.failed, all.requests - all.succeeded);
    // Tried again, but not without end.
    EXPECT_GT(all.troubles["no connection"].count + all.troubles["no answer"].count, 10u);
    EXPECT_LT(all.troubles["no connection"].count + all.troubles["no answer"].count, 1000u);
}

TEST_F(WorkerTest, stopping_waits_for_what_is_under_way) {
    server.service = milliseconds(300);
    executor.after(seconds(2), [this] { worker->stop(); });
    run({.links = 5, .duration = seconds(600), .timeout = seconds(5)}, seconds(5));
    EXPECT_EQ(all.succeeded, server.requests);
    EXPECT_EQ(measured, seconds(2));
}

}  // namespace
}  // namespace fors::load
