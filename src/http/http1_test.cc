// SPDX-License-Identifier: Apache-2.0
// HTTP/1.x: requests however split, answers in order, and an answer for every way to be wrong.
#include <gtest/gtest.h>

#include <cstring>

#include <string>

#include "http/http.h"
#include "http/test_events.h"

namespace fors::http {
namespace {

class Http1Test : public testing::Test {
protected:
    void renew(const Limits& limits = {}) {
        events = {};
        connection = make_server_connection(limits, nullptr, events);
    }
    void SetUp() override { renew(); }

    bool feed(std::string_view text) { return connection->feed(as_bytes(text)); }
    std::string output() { return connection->take_output(); }
    // Feeds on a new connection and gives what it says.
    std::string said_to(std::string_view text, const Limits& limits = {}) {
        renew(limits);
        feed(text);
        return output();
    }
    void echo() {
        events.answer = [this](StreamId stream, const Request& request) {
            connection->respond(stream, text_response(200, request.body));
        };
    }

    TestEvents events;
    std::unique_ptr<Connection> connection;
};

const std::string get = "GET /a/b?c=d&e HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(std::string_view body) {
    return "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
           "\r\n\r\n" + std::string(body);
}

std::string answer(std::string_view body) {
    return "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: " +
           std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

std::string refusal(std::string_view status) {
    return "HTTP/1.1 " + std::string(status) + "\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
}

TEST_F(Http1Test, reads_all_parts_of_a_request_however_it_is_split) {
    const std::string text =
        "POST /stream/x?a=1&b=%20 HTTP/1.1\r\nHost: 127.0.0.1:4566\r\n"
        "X-Amz-Target: Kinesis_20131202.PutRecord\r\nEmpty:\r\nEmpty-Too: \t \r\n"
        "Padded: \t a b \t\r\nConnection: keep-alive , foo \r\nContent-Length: 5 \r\n\r\nhello";
    for (size_t first = 0; first <= text.size(); ++first)
        for (size_t second = first; second <= text.size(); second += first % 7 + 1) {
            renew();
            ASSERT_TRUE(feed(text.substr(0, first)));
            ASSERT_TRUE(feed(text.substr(first, second - first)));
            ASSERT_TRUE(feed(text.substr(second)));
            ASSERT_EQ(events.seen.size(), 1u) << first << " " << second << output();
            const Request request = std::move(events.seen[0].request);
            EXPECT_EQ(request.method, "POST");
            EXPECT_EQ(request.path, "/stream/x");
            EXPECT_EQ(request.query, "a=1&b=%20");
            ASSERT_EQ(request.headers.size(), 7u);
            EXPECT_EQ(request.header("host"), "127.0.0.1:4566");
            EXPECT_EQ(request.headers[1].name, "x-amz-target");
            EXPECT_EQ(request.headers[1].value, "Kinesis_20131202.PutRecord");
            EXPECT_EQ(request.header("empty"), "");
            EXPECT_NE(request.header("empty-too").data(), nullptr);
            EXPECT_EQ(request.header("absent").data(), nullptr);
            EXPECT_EQ(request.header("padded"), "a b");
            EXPECT_EQ(request.header("connection"), "keep-alive , foo");
            EXPECT_EQ(request.header("content-length"), "5");
            EXPECT_EQ(request.body, "hello");
            EXPECT_GE(request.body.capacity(), request.body.size() + body_padding);
        }
}

// A large body may be read to its own place, in whatever pieces, between others that are not.
TEST_F(Http1Test, large_bodies_arrive_in_their_own_place) {
    std::string body;
    while (body.size() < 100'000) body += std::to_string(body.size());
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ";
    const std::string text = head + std::to_string(body.size()) + "\r\n\r\n" + body + get;
    for (const size_t step : {1'000u, 7'001u, 60'000u, 200'000u}) {
        renew();
        EXPECT_TRUE(connection->input_space().empty());
        std::string_view rest = text;
        size_t in_place = 0;
        for (bool elsewhere = true; !rest.empty(); elsewhere = !elsewhere) {
            const auto space = connection->input_space();
            size_t size = std::min(step, rest.size());
            if (elsewhere || space.empty()) {
                ASSERT_TRUE(feed(std::string(rest.substr(0, size))));
            } else {
                size = std::min(size, space.size());
                std::memcpy(space.data(), rest.data(), size);
                ASSERT_TRUE(connection->feed(Bytes(space).first(size)));
                ++in_place;
            }
            rest.remove_prefix(size);
        }
        EXPECT_EQ(in_place > 0, step < 200'000) << step;
        ASSERT_EQ(events.seen.size(), 2u) << step;
        EXPECT_EQ(events.seen[0].request.body, body) << step;
        EXPECT_EQ(events.seen[1].request.path, "/a/b");
        EXPECT_TRUE(connection->input_space().empty());
    }
}

TEST_F(Http1Test, reads_chunked_bodies_however_split) {
    const std::string text =
        "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "3;extension=1\r\nabc\r\nA\r\n0123456789\r\n0\r\nTrailer: ignored\r\n\r\n" +
        get;
    for (size_t first = 0; first <= text.size(); ++first) {
        renew();
        ASSERT_TRUE(feed(text.substr(0, first)));
        ASSERT_TRUE(feed(text.substr(first)));
        ASSERT_EQ(events.seen.size(), 2u) << first << output();
        EXPECT_EQ(events.seen[0].request.body, "abc0123456789");
        EXPECT_EQ(events.seen[0].request.headers.size(), 2u);
        EXPECT_GE(events.seen[0].request.body.capacity(), 13 + body_padding);
        EXPECT_EQ(events.seen[1].request.path, "/a/b");
    }
}

TEST_F(Http1Test, answers_inside_the_call) {
    echo();
    EXPECT_TRUE(feed(post("one") + post("two")));
    EXPECT_EQ(output(), answer("one") + answer("two"));
    EXPECT_EQ(connection->requests_under_way(), 0u);
    EXPECT_FALSE(connection->request_arriving());
    EXPECT_EQ(connection->protocol(), "http/1.1");
    EXPECT_FALSE(connection->encrypted());
}

TEST_F(Http1Test, puts_answers_in_order) {
    EXPECT_TRUE(feed(post("") + post("") + post("")));
    ASSERT_EQ(events.seen.size(), 3u);
    connection->respond(events.seen[2].stream, text_response(200, "third"));
    EXPECT_EQ(output(), "");
    connection->respond(events.seen[1].stream, text_response(200, "second"));
    connection->respond(events.seen[1].stream, text_response(200, "twice"));
    connection->respond(99, text_response(200, "unknown"));
    EXPECT_EQ(output(), "");
    EXPECT_EQ(connection->requests_under_way(), 1u);
    connection->respond(events.seen[0].stream, text_response(200, "first"));
    EXPECT_EQ(output(), answer("first") + answer("second") + answer("third"));
}

TEST_F(Http1Test, head_has_no_body) {
    echo();
    feed("HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nab");
    EXPECT_EQ(output(), "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 2\r\n\r\n");
}

TEST_F(Http1Test, big_bodies_are_moved_and_kept_in_order) {
    const std::string big(1 << 20, 'b');
    feed(get + get);
    Response response = text_response(200, big);
    const char* const place = response.body.data();
    connection->respond(events.seen[0].stream, std::move(response));
    connection->respond(events.seen[1].stream, text_response(200, "small"));
    std::vector<std::string> pieces;
    connection->take_pieces(pieces);
    ASSERT_EQ(pieces.size(), 3u);
    EXPECT_EQ(pieces[1].data(), place);
    EXPECT_EQ(pieces[0] + pieces[1] + pieces[2], answer(big) + answer("small"));
}

TEST_F(Http1Test, closes_when_asked_to) {
    EXPECT_TRUE(feed("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + get));
    ASSERT_EQ(events.seen.size(), 1u);
    EXPECT_FALSE(connection->finished());
    connection->respond(events.seen[0].stream, text_response(200, "bye"));
    EXPECT_TRUE(connection->finished());
    EXPECT_TRUE(output().contains("connection: close\r\n"));
    EXPECT_FALSE(feed(get));
}

TEST_F(Http1Test, http10_closes_unless_it_asks_to_stay) {
    echo();
    EXPECT_FALSE(feed("GET / HTTP/1.0\r\n\r\n"));
    EXPECT_TRUE(output().contains("connection: close\r\n"));
    renew();
    echo();
    EXPECT_TRUE(feed("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"));
    EXPECT_TRUE(output().contains("connection: keep-alive\r\n"));
}

TEST_F(Http1Test, continues_when_the_client_waits) {
    echo();
    const std::string head =
        "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n";
    feed(head);
    EXPECT_EQ(output(), "HTTP/1.1 100 Continue\r\n\r\n");
    feed("a");
    EXPECT_EQ(output(), "");
    feed("b");
    EXPECT_EQ(output(), answer("ab"));
    feed(head + "cd");  // it did not wait
    EXPECT_EQ(output(), answer("cd"));
}

TEST_F(Http1Test, continue_waits_for_earlier_answers) {
    feed(get + "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
    EXPECT_EQ(output(), "");
    connection->respond(events.seen[0].stream, text_response(200, "x"));
    EXPECT_EQ(output(), answer("x") + "HTTP/1.1 100 Continue\r\n\r\n");
}

TEST_F(Http1Test, refuses_expectations) {
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nExpect: ";
    EXPECT_EQ(said_to(head + "100-continue\r\n\r\n"), refusal("413 Content Too Large"));
    EXPECT_TRUE(connection->finished());
    EXPECT_EQ(said_to("POST / HTTP/1.1\r\nHost: x\r\nExpect: miracles\r\n\r\n"),
              refusal("417 Expectation Failed"));
}

TEST_F(Http1Test, too_large_bodies_are_refused_at_once_and_swallowed) {
    const Limits limits{.body_bytes_max = 10};
    EXPECT_EQ(said_to("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n", limits),
              refusal("413 Content Too Large"));
    EXPECT_FALSE(connection->finished());
    EXPECT_TRUE(connection->request_arriving());
    EXPECT_TRUE(feed(std::string(19, 'x')));
    EXPECT_FALSE(feed("x" + get));
    EXPECT_TRUE(connection->finished());
    EXPECT_EQ(output(), "");

    EXPECT_EQ(said_to("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "6\r\n123456\r\n5\r\n12345\r\n",
                      limits),
              refusal("413 Content Too Large"));
    EXPECT_FALSE(feed("0\r\n\r\n"));
    EXPECT_TRUE(events.seen.empty());

    // Also when something worse comes behind it.
    EXPECT_EQ(said_to("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                      "B\r\n12345678901\nx\r\n",
                      limits),
              refusal("413 Content Too Large"));

    EXPECT_EQ(said_to("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9999\r\n\r\n", limits),
              refusal("413 Content Too Large"));
    EXPECT_FALSE(feed(std::string(41, 'x')));  // not swallowed for ever
}

TEST_F(Http1Test, too_large_heads_are_refused) {
    const Limits limits{.head_bytes_max = 100};
    const std::string refused = refusal("431 Request Header Fields Too Large");
    EXPECT_EQ(said_to("GET / HTTP/1.1\r\nA: " + std::string(200, 'x'), limits), refused);
    std::string empty_lines;
    for (int i = 0; i < 100; ++i) empty_lines += "\r\n";
    EXPECT_EQ(said_to(empty_lines, limits), refused);
    const std::string fits = "GET / HTTP/1.1\r\nHost: x\r\nA: " + std::string(69, 'x') + "\r\n\r\n";
    ASSERT_EQ(fits.size(), 101u);
    EXPECT_EQ(said_to(fits, limits), refused);
    said_to(fits.substr(0, 60) + fits.substr(61), limits);
    EXPECT_EQ(events.seen.size(), 1u);
    EXPECT_EQ(said_to("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" +
                          std::string("A: b\r\n") + std::string(200, 'x'),
                      limits),
              refusal("400 Bad Request"));
}

TEST_F(Http1Test, what_breaks_a_limit_is_refused_alike_however_split) {
    const Limits limits{.head_bytes_max = 100, .body_bytes_max = 50};
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
    const std::string too_large = "33\r\n" + std::string(51, 'x') + "\r\n";
    for (const auto& [rest, status] : std::initializer_list<std::pair<std::string, std::string>>{
             // Its chunk does not pay for an extension, the one behind it neither.
             {"32;" + std::string(100, 'x') + "\r\n" + std::string(50, 'y') + "\r\n0\r\n\r\n",
              "400 Bad Request"},
             {"1\r\ny\r\n31;" + std::string(120, 'x') + "\r\n" + std::string(49, 'y') + "\r\n",
              "400 Bad Request"},
             {"1\r\ny\r\n0;" + std::string(120, 'x') + "\r\n\r\n", "400 Bad Request"},
             // Two reasons.
             {too_large + "0\r\nA: b\n\r\n", "413 Content Too Large"},
             {too_large + "1;" + std::string(1000, 'x') + "\r\n", "413 Content Too Large"},
             {too_large + "nonsense\r\n", "413 Content Too Large"},
         }) {
        const std::string text = head + rest;
        for (size_t step = 1; step <= text.size(); ++step) {
            renew(limits);
            for (size_t at = 0; at < text.size(); at += step) feed(text.substr(at, step));
            EXPECT_TRUE(events.seen.empty()) << step << ": " << text;
            EXPECT_EQ(output(), refusal(status)) << step << ": " << text;
            EXPECT_TRUE(connection->finished());
        }
    }
}

TEST_F(Http1Test, malformed_requests_are_refused) {
    for (const std::string& text : {
             std::string("nonsense\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost : x\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\n Host: x\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\n Content-Length: 1\r\nHost: x\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n", 36),
             std::string("GET / HTTP/1.1\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n"),
             std::string("GET /\x01 HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("BREW / HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("PRI * HTTP/2.1\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\n: y\r\n\r\n"),
             std::string("GET / HTTP/1.1\nHost: x\r\n\r\n"),
             std::string("\nGET / HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\n\n"),
             std::string("GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("GET http://x:80/ HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("GET ftp://x/ HTTP/1.1\r\nHost: x\r\n\r\n"),
         }) {
        EXPECT_EQ(said_to(text), refusal("400 Bad Request")) << text;
        EXPECT_TRUE(connection->finished());
        EXPECT_TRUE(events.seen.empty());
    }
    EXPECT_TRUE(said_to("GET / HTTP/3.0\r\nHost: x\r\n\r\n").contains("connection: close"));
    EXPECT_EQ(said_to("CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n"),
              refusal("405 Method Not Allowed"));
}

TEST_F(Http1Test, what_two_readers_could_read_differently_is_refused_however_split) {
    const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
    for (const std::string& rest : {
             "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
             "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
             "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
             "Content-Length: 3, 3\r\n\r\nabc",
             "Content-Length: +3\r\n\r\nabc",
             "Content-Length: 0x3\r\n\r\nabc",
             "Content-Length: -1\r\n\r\nabc",
             "Content-Length: 99999999999999999999999\r\n\r\nabc",
             "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
             "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
             "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
             "A:\rContent-Length: 3\r\n\r\nabc",
             "A: b\rContent-Length: 3\r\n\r\nabc",
             "A: b\r\n folded\r\n\r\n",
             "A: b\r\n\tfolded\r\n\r\n",
             "A:\r\n folded\r\n\r\n",
             "Content-Length: 3\r\n 4\r\n\r\nabc",
             "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
             "Transfer-Encoding: chunked\r\n\r\n3 \r\nabc\r\n0\r\n\r\n",
             "Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
             "Transfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
             "Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
             "Transfer-Encoding: chunked\r\n\r\n0\r\n\n",
             "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\n\r\n",
             "Transfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\n",
             "Transfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n",
         }) {
        const std::string text = head + rest;
        for (size_t first = 0; first < text.size(); ++first) {
            renew();
            feed(text.substr(0, first));
            feed(text.substr(first));
            EXPECT_TRUE(events.seen.empty()) << first << ": " << text;
            const std::string said = output();
            EXPECT_TRUE(said.starts_with("HTTP/1.1 400") || said.starts_with("HTTP/1.1 501"))
                << first << ": " << text << said;
            EXPECT_TRUE(connection->finished());
        }
    }
}

TEST_F(Http1Test, a_refusal_waits_its_turn) {
    EXPECT_TRUE(feed(get + "nonsense\r\n"));
    EXPECT_EQ(output(), "");
    connection->respond(events.seen[0].stream, text_response(200, "x"));
    EXPECT_EQ(output(), answer("x") + refusal("400 Bad Request"));
    EXPECT_TRUE(connection->finished());
}

TEST_F(Http1Test, target_forms) {
    echo();
    feed(
        "GET http://host:80/p?q HTTP/1.1\r\nHost: host:80\r\n\r\n"
        "GET HTTP://Host HTTP/1.1\r\nHost: hosT\r\n\r\n"
        "GET http://host?q HTTP/1.1\r\nHost: host\r\n\r\n"
        "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n");
    ASSERT_EQ(events.seen.size(), 4u);
    EXPECT_EQ(events.seen[0].request.path, "/p");
    EXPECT_EQ(events.seen[0].request.query, "q");
    EXPECT_EQ(events.seen[1].request.path, "/");
    EXPECT_EQ(events.seen[2].request.path, "/");
    EXPECT_EQ(events.seen[2].request.query, "q");
    EXPECT_EQ(events.seen[3].request.path, "*");
}

TEST_F(Http1Test, offers_to_upgrade_are_ignored) {
    echo();
    feed(
        "POST / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
        "HTTP2-Settings: AAMAAABkAAQAAP__\r\nContent-Length: 2\r\n\r\nab" +
        get);
    ASSERT_EQ(events.seen.size(), 2u);
    EXPECT_EQ(events.seen[0].request.body, "ab");
}

}  // namespace
}  // namespace fors::http
