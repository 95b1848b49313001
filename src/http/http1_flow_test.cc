// SPDX-License-Identifier: Apache-2.0
// HTTP/1.x: pipelines that are too long, answers in pieces, and the end of a connection.
#include <gtest/gtest.h>

#include <string>

#include "http/http.h"
#include "http/test_events.h"

namespace fors::http {
namespace {

class Http1FlowTest : public testing::Test {
protected:
    void renew(const Limits& limits = {}) {
        events = {};
        connection = make_server_connection(limits, nullptr, events);
    }
    void SetUp() override { renew(); }
    bool feed(std::string_view text) { return connection->feed(as_bytes(text)); }
    std::string output() { return connection->take_output(); }
    StreamId stream(size_t i) { return events.seen.at(i).stream; }

    TestEvents events;
    std::unique_ptr<Connection> connection;
};

const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

size_t count(std::string_view text, std::string_view what) {
    size_t found = 0;
    for (size_t at = text.find(what); at != text.npos; at = text.find(what, at + 1)) ++found;
    return found;
}

TEST_F(Http1FlowTest, long_pipelines_wait) {
    renew({.pipelined_max = 4});
    std::string many;
    for (int i = 0; i < 10; ++i) many += get;
    EXPECT_TRUE(feed(many));
    EXPECT_EQ(events.seen.size(), 4u);
    EXPECT_FALSE(connection->wants_input());
    for (size_t i = 0; i < 10; ++i) {
        ASSERT_GT(events.seen.size(), i);
        connection->respond(stream(i), text_response(200, std::to_string(i)));
    }
    EXPECT_EQ(events.seen.size(), 10u);
    EXPECT_TRUE(connection->wants_input());
    EXPECT_EQ(count(output(), "HTTP/1.1 200"), 10u);
}

TEST_F(Http1FlowTest, answers_that_are_not_taken_hold_back_requests) {
    constexpr size_t answer_bytes = 1 << 20;
    events.answer = [&](StreamId s, const Request&) {
        connection->respond(s, text_response(200, std::string(answer_bytes, 'x')));
    };
    std::string many;
    for (int i = 0; i < 50; ++i) many += get;
    EXPECT_TRUE(feed(many));
    EXPECT_EQ(events.seen.size(), 4u);
    EXPECT_FALSE(connection->wants_input());
    size_t answers = 0;
    while (answers < 50) {
        const std::string some = output();
        ASSERT_FALSE(some.empty());
        EXPECT_LE(some.size(), 9 * answer_bytes);
        answers += count(some, "HTTP/1.1 200");
    }
    EXPECT_TRUE(connection->wants_input());
    EXPECT_EQ(events.seen.size(), 50u);
}

TEST_F(Http1FlowTest, the_last_answer_of_a_backlog_leaves_before_the_end) {
    events.answer = [&](StreamId s, const Request&) {
        connection->respond(s, text_response(200, std::string(1 << 20, 'x')));
    };
    std::string many;
    for (int i = 0; i < 5; ++i) many += get;
    feed(many + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    size_t answers = 0;
    while (!connection->finished()) answers += count(output(), "HTTP/1.1 200");
    EXPECT_EQ(answers, 6u);
}

TEST_F(Http1FlowTest, answers_inside_the_call_while_a_backlog_is_worked_off) {
    renew({.pipelined_max = 2});
    std::string many;
    for (int i = 0; i < 1000; ++i) many += get;
    feed(many);
    events.answer = [&](StreamId s, const Request&) {
        connection->respond(s, text_response(200, ""));
    };
    connection->respond(stream(0), text_response(200, ""));
    connection->respond(stream(1), text_response(200, ""));
    EXPECT_EQ(events.seen.size(), 1000u);
    EXPECT_EQ(count(output(), "HTTP/1.1 200"), 1000u);
}

TEST_F(Http1FlowTest, who_pipelines_without_end_is_cut_off) {
    renew({.body_bytes_max = 1000, .pipelined_max = 2});
    std::string many;
    for (int i = 0; i < 1000; ++i) many += get;
    int fed = 0;
    while (feed(many)) ASSERT_LT(++fed, 1000);
    EXPECT_TRUE(connection->finished());
    connection->respond(stream(0), text_response(200, ""));  // harmless
}

TEST_F(Http1FlowTest, streams_in_chunks) {
    feed(get);
    connection->begin(stream(0), text_response(200, "first"));
    EXPECT_EQ(output(),
              "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n"
              "5\r\nfirst\r\n");
    connection->write(stream(0), "");
    EXPECT_EQ(output(), "");
    connection->write(stream(0), std::string(100000, 'x'));
    EXPECT_EQ(output(), "186a0\r\n" + std::string(100000, 'x') + "\r\n");
    EXPECT_EQ(connection->requests_under_way(), 1u);
    connection->end(stream(0));
    EXPECT_EQ(output(), "0\r\n\r\n");
    EXPECT_EQ(connection->requests_under_way(), 0u);
    connection->write(stream(0), "late");
    EXPECT_EQ(output(), "");
    EXPECT_FALSE(connection->finished());
}

TEST_F(Http1FlowTest, a_stream_behind_an_open_answer_is_held) {
    feed(get + get + get);
    connection->begin(stream(1), text_response(200, ""));
    connection->write(stream(1), "abc");
    EXPECT_GT(connection->held_bytes(stream(1)), 3u);
    connection->respond(stream(2), text_response(200, "last"));
    EXPECT_EQ(output(), "");
    connection->respond(stream(0), text_response(200, "first"));
    EXPECT_TRUE(output().ends_with("3\r\nabc\r\n"));
    EXPECT_EQ(connection->held_bytes(stream(1)), 0u);
    connection->write(stream(1), "d");
    connection->end(stream(1));
    const std::string said = output();
    EXPECT_TRUE(said.starts_with("1\r\nd\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n")) << said;
    EXPECT_TRUE(said.ends_with("last"));
}

TEST_F(Http1FlowTest, streams_to_http10_end_with_the_connection) {
    feed("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    connection->begin(stream(0), text_response(200, "a"));
    connection->write(stream(0), "b");
    EXPECT_FALSE(connection->finished());
    connection->end(stream(0));
    EXPECT_TRUE(connection->finished());
    EXPECT_EQ(output(),
              "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nab");
}

TEST_F(Http1FlowTest, stops_at_once_when_idle) {
    connection->shut_down();
    EXPECT_TRUE(connection->finished());
    EXPECT_FALSE(feed(get));
    renew();
    feed(get);
    connection->respond(stream(0), text_response(200, ""));
    EXPECT_FALSE(connection->finished());
    connection->shut_down();
    EXPECT_TRUE(connection->finished());
}

TEST_F(Http1FlowTest, finishes_what_is_under_way_and_says_so) {
    feed(get + get);
    connection->shut_down();
    EXPECT_FALSE(connection->finished());
    EXPECT_TRUE(feed(get));  // refused
    EXPECT_EQ(events.seen.size(), 2u);
    connection->respond(stream(0), text_response(200, ""));
    EXPECT_FALSE(output().contains("connection: close"));
    connection->respond(stream(1), text_response(200, ""));
    EXPECT_TRUE(output().contains("connection: close"));
    EXPECT_TRUE(connection->finished());
}

// Its beginning was given up with the requests that waited: the rest isn't taken for a request.
TEST_F(Http1FlowTest, a_request_half_arrived_behind_those_that_wait_is_not) {
    renew({.pipelined_max = 1});
    feed(get + "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n");
    connection->begin(stream(0), text_response(200, ""));
    connection->shut_down();
    feed(get.substr(0, 10));
    connection->end(stream(0));
    EXPECT_TRUE(connection->finished());
    EXPECT_FALSE(feed(get.substr(10)));
    EXPECT_EQ(events.seen.size(), 1u);
}

TEST_F(Http1FlowTest, a_request_half_arrived_is_still_served) {
    feed(get.substr(0, 10));
    EXPECT_TRUE(connection->request_arriving());
    connection->shut_down();
    EXPECT_FALSE(connection->finished());
    EXPECT_TRUE(feed(get.substr(10) + get));
    ASSERT_EQ(events.seen.size(), 1u);
    connection->respond(stream(0), text_response(200, ""));
    EXPECT_TRUE(output().contains("connection: close"));
    EXPECT_TRUE(connection->finished());
}

TEST_F(Http1FlowTest, line_ends_in_values_do_not_make_headers) {
    feed(get);
    Response response = text_response(200, "");
    response.headers.push_back({"x-message", "a\r\nx-evil: b"});
    connection->respond(stream(0), std::move(response));
    EXPECT_TRUE(output().contains("x-message: a  x-evil: b\r\n"));
}

}  // namespace
}  // namespace fors::http
