// SPDX-License-Identifier: Apache-2.0
// HTTP/2 by prior knowledge, against nghttp2's client: exchanges, limits, resets, flow control, the
// end.
#include <gtest/gtest.h>

#include <string>

#include "http/http.h"
#include "http/test_events.h"
#include "http/test_http2_client.h"

namespace fors::http {
namespace {

class Http2Test : public testing::Test {
protected:
    void renew(const Limits& limits = {}) {
        events = {};
        server = make_server_connection(limits, nullptr, events);
        client = std::make_unique<Http2Client>();
    }
    void SetUp() override { renew(); }
    void talk(size_t step = 1 << 30) { client->talk(*server, step); }
    void echo() {
        events.answer = [this](StreamId stream, const Request& request) {
            server->respond(stream, text_response(200, request.body));
        };
    }
    const Http2Answer& answer(int32_t id) { return client->answers[id]; }
    StreamId stream(size_t i) { return events.seen.at(i).stream; }

    TestEvents events;
    std::unique_ptr<Connection> server;
    std::unique_ptr<Http2Client> client;
};

TEST_F(Http2Test, request_and_answer_however_split) {
    for (size_t step : {1u, 2u, 3u, 7u, 13u, 14u, 15u, 23u, 24u, 25u, 100u, 100000u}) {
        renew();
        const auto id = client->request("POST", "/a?b=c",
                                        {{"x-amz-target", "Kinesis"}, {"host", "here"}}, "body");
        talk(step);
        ASSERT_EQ(events.seen.size(), 1u) << step;
        EXPECT_EQ(server->protocol(), "h2");
        const Request& request = events.seen[0].request;
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.path, "/a");
        EXPECT_EQ(request.query, "b=c");
        ASSERT_EQ(request.headers.size(), 2u);
        EXPECT_EQ(request.header("host"), "here");
        EXPECT_EQ(request.header("x-amz-target"), "Kinesis");
        EXPECT_EQ(request.body, "body");
        EXPECT_GE(request.body.capacity(), 4 + body_padding);
        EXPECT_EQ(server->requests_under_way(), 1u);
        Response response = text_response(200, "answer");
        response.headers.push_back({"x-amzn-requestid", "1\r\n2"});
        response.headers.push_back({"connection", "close"});
        server->respond(stream(0), std::move(response));
        talk(step);
        EXPECT_EQ(answer(id).statuses, std::vector{200});
        EXPECT_EQ(answer(id).body, "answer");
        EXPECT_EQ(answer(id).headers.at("content-type"), "text/plain");
        EXPECT_EQ(answer(id).headers.at("content-length"), "6");
        EXPECT_EQ(answer(id).headers.at("x-amzn-requestid"), "1  2");
        EXPECT_FALSE(answer(id).headers.contains("connection"));
        EXPECT_TRUE(answer(id).closed);
        EXPECT_EQ(server->requests_under_way(), 0u);
        EXPECT_FALSE(server->request_arriving());
    }
}

TEST_F(Http2Test, many_streams_in_any_order) {
    std::vector<int32_t> ids;
    for (int i = 0; i < 50; ++i) ids.push_back(client->request("POST", "/", {}, std::to_string(i)));
    talk();
    ASSERT_EQ(events.seen.size(), 50u);
    for (size_t i = 50; i-- > 0;)
        server->respond(stream(i), text_response(200, events.seen[i].request.body));
    talk();
    for (size_t i = 0; i < 50; ++i) EXPECT_EQ(answer(ids[i]).body, std::to_string(i));
}

TEST_F(Http2Test, large_bodies_both_ways) {
    echo();
    std::string large(15 << 20, 'x');
    for (size_t i = 0; i < large.size(); i += 1000) large[i] = static_cast<char>(i / 1000);
    const auto with =
        client->request("POST", "/", {{"content-length", std::to_string(large.size())}}, large);
    const auto without = client->request("POST", "/", {}, large);
    talk(1 << 16);
    EXPECT_TRUE(answer(with).body == large);
    EXPECT_TRUE(answer(without).body == large);
}

TEST_F(Http2Test, head_and_empty_answers) {
    events.answer = [this](StreamId s, const Request& request) {
        server->respond(s, text_response(request.path == "/none" ? 204 : 200, "abc"));
    };
    const auto head = client->request("HEAD", "/");
    const auto none = client->request("GET", "/none");
    talk();
    EXPECT_EQ(answer(head).headers.at("content-length"), "3");
    EXPECT_EQ(answer(head).body, "");
    EXPECT_TRUE(answer(head).closed);
    EXPECT_FALSE(answer(none).headers.contains("content-length"));
    EXPECT_TRUE(answer(none).closed);
}

TEST_F(Http2Test, continues_when_the_client_waits) {
    echo();
    const auto id = client->request("POST", "/", {{"expect", "100-continue"}}, "x");
    talk();
    EXPECT_EQ(answer(id).statuses, (std::vector{100, 200}));
    EXPECT_EQ(answer(id).body, "x");
}

TEST_F(Http2Test, limits_are_answered) {
    renew({.head_bytes_max = 1000, .body_bytes_max = 100});
    const auto head = client->request("GET", "/", {{"a", std::string(1000, 'x')}});
    const auto length =
        client->request("POST", "/", {{"content-length", "101"}}, std::string(101, 'x'));
    const auto body = client->request("POST", "/", {}, std::string(101, 'x'));
    const auto open = client->request("POST", "/", {}, std::string(101, 'x'), true);
    const auto endless = client->request("POST", "/", {}, std::string(5000, 'x'), true);
    const auto fits = client->request("POST", "/", {}, std::string(100, 'x'));
    talk(100);
    EXPECT_EQ(answer(head).statuses, std::vector{431});
    EXPECT_EQ(answer(length).statuses, std::vector{413});
    EXPECT_EQ(answer(body).statuses, std::vector{413});
    EXPECT_EQ(answer(open).statuses, std::vector{413});
    EXPECT_TRUE(answer(open).ended);
    EXPECT_FALSE(answer(open).closed);
    EXPECT_EQ(answer(open).body, "");
    EXPECT_EQ(answer(endless).statuses, std::vector{413});
    EXPECT_TRUE(answer(endless).closed);
    EXPECT_EQ(answer(endless).error_code, static_cast<uint32_t>(NGHTTP2_NO_ERROR));
    EXPECT_EQ(events.seen.size(), 1u);
    EXPECT_FALSE(answer(fits).closed);
    EXPECT_EQ(server->requests_under_way(), 1u);
    EXPECT_TRUE(server->request_arriving());
    client->reset(open);
    talk();
    EXPECT_FALSE(server->request_arriving());
}

TEST_F(Http2Test, bodies_half_arrived_have_a_budget) {
    renew({.body_bytes_max = 100});
    std::vector<int32_t> ids;
    for (int i = 0; i < 17; ++i)
        ids.push_back(client->request("POST", "/", {{"content-length", "100"}}, "x", true));
    talk();
    EXPECT_FALSE(answer(ids[15]).closed);
    EXPECT_EQ(answer(ids[16]).statuses, std::vector{503});
    EXPECT_TRUE(events.seen.empty());
    client->reset(ids[0]);
    talk();
    ids.push_back(client->request("POST", "/", {{"content-length", "100"}}, "x", true));
    talk();
    EXPECT_FALSE(answer(ids[17]).closed);
    EXPECT_TRUE(server->request_arriving());
}

TEST_F(Http2Test, bodies_that_wait_are_in_the_budget) {
    renew({.body_bytes_max = 100, .unanswered_max = 1});
    const auto first = client->request("POST", "/", {}, "x");
    talk();
    std::vector<int32_t> ids;
    for (int i = 0; i < 30; ++i) {
        ids.push_back(client->request("POST", "/", {}, std::string(100, 'x')));
        talk();
    }
    EXPECT_EQ(events.seen.size(), 1u);
    EXPECT_TRUE(answer(ids[15]).statuses.empty());
    for (size_t i = 16; i < 30; ++i) EXPECT_EQ(answer(ids[i]).statuses, std::vector{503});
    echo();
    server->respond(stream(0), text_response(200, "x"));
    talk();
    EXPECT_EQ(answer(first).body, "x");
    EXPECT_EQ(events.seen.size(), 17u);
    const auto later = client->request("POST", "/", {}, std::string(100, 'x'));
    talk();
    EXPECT_EQ(answer(later).statuses, std::vector{200});
}

TEST_F(Http2Test, requests_may_be_taken_back) {
    const auto id = client->request("POST", "/", {}, "x");
    const auto open = client->request("POST", "/", {}, "x", true);
    talk();
    EXPECT_TRUE(server->request_arriving());
    client->reset(id);
    client->reset(open);
    talk();
    EXPECT_EQ(events.cancelled, std::vector{static_cast<StreamId>(id)});
    EXPECT_EQ(server->requests_under_way(), 0u);
    EXPECT_FALSE(server->request_arriving());
    server->respond(stream(0), text_response(200, "late"));
    EXPECT_FALSE(server->begin(stream(0), text_response(200, "late")));
    server->write(stream(0), "late");
    server->end(stream(0));
    talk();
    EXPECT_TRUE(answer(id).statuses.empty());
}

TEST_F(Http2Test, rapid_resets_end_the_connection) {
    talk();
    bool alive = true;
    int rounds = 0;
    for (; alive && rounds < 100; ++rounds) {
        std::string out;
        for (int i = 0; i < 10; ++i) {
            const auto id = client->request("POST", "/", {}, "x", true);
            out += client->take_output();
            client->reset(id);
        }
        out += client->take_output();
        alive = server->feed(as_bytes(out));
        client->feed(server->take_output());
    }
    EXPECT_FALSE(alive);
    EXPECT_LT(rounds, 30);
    EXPECT_TRUE(server->finished());
    EXPECT_EQ(client->goaways, std::vector<uint32_t>{NGHTTP2_ENHANCE_YOUR_CALM});
}

// The bytes of a frame as a client writes them that keeps to no rule.
std::string frame(uint8_t type, uint8_t flags, uint32_t stream, std::string_view payload = "") {
    std::string out;
    for (int shift : {16, 8, 0}) out.push_back(static_cast<char>(payload.size() >> shift));
    out.push_back(static_cast<char>(type));
    out.push_back(static_cast<char>(flags));
    for (int shift : {24, 16, 8, 0}) out.push_back(static_cast<char>(stream >> shift));
    return out.append(payload);
}

TEST_F(Http2Test, a_reset_counts_whatever_code_it_gives) {
    talk();
    bool alive = true;
    int resets = 0;
    for (; alive && resets < 1000; ++resets) {
        const auto id = client->request("POST", "/", {}, "x", true);
        std::string out = client->take_output();
        client->reset(id, NGHTTP2_NO_ERROR);
        out += client->take_output();
        alive = server->feed(as_bytes(out));
        client->feed(server->take_output());
    }
    EXPECT_FALSE(alive);
    EXPECT_LT(resets, 300);
    EXPECT_EQ(client->goaways, std::vector<uint32_t>{NGHTTP2_ENHANCE_YOUR_CALM});
}

TEST_F(Http2Test, frames_that_bring_nothing_end_the_connection) {
    const std::string eight(8, 'p');
    const std::string five(5, '\0');
    const std::string increment("\0\0\0\1", 4);
    const struct {
        const char* name;
        std::string bytes;
    } floods[] = {
        {"ping", frame(NGHTTP2_PING, 0, 0, eight)},
        {"ping answers", frame(NGHTTP2_PING, NGHTTP2_FLAG_ACK, 0, eight)},
        {"settings", frame(NGHTTP2_SETTINGS, 0, 0)},
        {"priority", frame(NGHTTP2_PRIORITY, 0, 3, five)},
        {"window updates", frame(NGHTTP2_WINDOW_UPDATE, 0, 0, increment)},
        {"empty data", frame(NGHTTP2_DATA, 0, 1)},
        {"data of a byte", frame(NGHTTP2_DATA, 0, 1, "x")},
        {"padding", frame(NGHTTP2_DATA, NGHTTP2_FLAG_PADDED, 1, "\x05xxxxx")},
    };
    for (const auto& flood : floods) {
        renew({.idle_frames_max = 1000});
        client->request("POST", "/", {}, "", true);
        talk();
        bool alive = true;
        int sent = 0;
        std::string said;
        for (; alive && sent < 2000; ++sent) {
            alive = server->feed(as_bytes(flood.bytes));
            said = server->take_output();
        }
        EXPECT_FALSE(alive) << flood.name;
        EXPECT_GT(sent, 900) << flood.name;
        EXPECT_LT(sent, 1100) << flood.name;
        // Its last words are a GOAWAY, which ends with its code.
        EXPECT_TRUE(said.ends_with(std::string("\0\0\0\x0b", 4))) << flood.name;
    }
}

TEST_F(Http2Test, work_pays_for_the_frames_around_it) {
    renew({.idle_frames_max = 100});
    echo();
    const std::string ping = frame(NGHTTP2_PING, 0, 0, std::string(8, 'p'));
    for (int i = 0; i < 200; ++i) {
        const auto id = client->request("POST", "/", {}, "x");
        talk();
        for (int pings = 0; pings < 5; ++pings) ASSERT_TRUE(server->feed(as_bytes(ping)));
        ASSERT_EQ(answer(id).body, "x");
    }
    EXPECT_TRUE(client->goaways.empty());
}

TEST_F(Http2Test, many_settings_or_continuations_in_one_breath_end_the_connection) {
    talk();
    std::string settings;
    for (int i = 0; i < 2000; ++i) settings += frame(NGHTTP2_SETTINGS, 0, 0);
    EXPECT_FALSE(server->feed(as_bytes(settings)));
    client->feed(server->take_output());
    EXPECT_EQ(client->goaways, std::vector<uint32_t>{NGHTTP2_ENHANCE_YOUR_CALM});

    renew();
    talk();
    EXPECT_TRUE(server->feed(as_bytes(frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_STREAM, 1))));
    bool alive = true;
    int sent = 0;
    for (; alive && sent < 100; ++sent)
        alive = server->feed(as_bytes(frame(NGHTTP2_CONTINUATION, 0, 1)));
    EXPECT_FALSE(alive);
    EXPECT_LT(sent, 20);
    client->feed(server->take_output());
    EXPECT_EQ(client->goaways, std::vector<uint32_t>{NGHTTP2_ENHANCE_YOUR_CALM});
    EXPECT_TRUE(events.seen.empty());
}

TEST_F(Http2Test, a_head_that_unpacks_without_end_ends_the_connection) {
    talk();
    // One field of 4000 bytes goes into the table, then a byte each brings it back.
    std::string block("\x40\x01x\x7f\xa1\x1e", 6);
    block += std::string(4000, 'v');
    block += std::string(10'000, '\xbe');
    EXPECT_FALSE(server->feed(as_bytes(
        frame(NGHTTP2_HEADERS, NGHTTP2_FLAG_END_HEADERS | NGHTTP2_FLAG_END_STREAM, 1, block))));
    client->feed(server->take_output());
    EXPECT_EQ(client->goaways, std::vector<uint32_t>{NGHTTP2_ENHANCE_YOUR_CALM});
    EXPECT_TRUE(events.seen.empty());
}

TEST_F(Http2Test, answers_that_are_not_let_out_hold_back_requests) {
    renew({.unanswered_max = 4, .answers_held_max = 250'000});
    client = std::make_unique<Http2Client>(
        std::vector<nghttp2_settings_entry>{{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 0}});
    for (int i = 0; i < 10; ++i) client->request("GET", "/");
    talk();
    ASSERT_EQ(events.seen.size(), 4u);
    EXPECT_EQ(server->requests_under_way(), 10u);
    const auto respond = [&](size_t i) {
        server->respond(stream(i), text_response(200, std::string(100'000, 'x')));
        talk();
    };
    respond(0);
    ASSERT_EQ(events.seen.size(), 4u);  // 100,000 bytes are held, and three times as many expected
    EXPECT_EQ(server->answers_held().bytes, 100'000u);
    for (size_t i = 1; i < 4; ++i) respond(i);
    EXPECT_EQ(events.seen.size(), 4u);
    EXPECT_EQ(server->answers_held().left, 0u);
    for (const auto id : {1, 3, 5}) client->reset(id);
    talk();
    EXPECT_EQ(server->answers_held().bytes, 100'000u);
    EXPECT_EQ(events.seen.size(), 6u);  // room for two again
}

TEST_F(Http2Test, a_frame_that_drips_is_a_request_that_arrives) {
    talk();
    client->request("GET", "/");
    const std::string out = client->take_output();
    for (size_t at = 0; at < out.size(); ++at) {
        EXPECT_EQ(server->request_arriving(), at > 0) << at;
        server->feed(as_bytes(out.substr(at, 1)));
    }
    EXPECT_FALSE(server->request_arriving());
    EXPECT_EQ(events.seen.size(), 1u);
}

TEST_F(Http2Test, two_hosts_are_refused) {
    const auto two = client->request("GET", "/", {{"host", "there"}});
    talk();
    EXPECT_EQ(answer(two).statuses, std::vector{400});
    EXPECT_TRUE(events.seen.empty());
}

TEST_F(Http2Test, streams_in_pieces_and_waits_for_more) {
    const auto id = client->request("GET", "/");
    talk();
    server->begin(stream(0), text_response(200, ""));
    talk();
    EXPECT_EQ(answer(id).statuses, std::vector{200});
    EXPECT_FALSE(answer(id).headers.contains("content-length"));
    server->write(stream(0), "one");
    server->write(stream(0), "two");
    talk();
    EXPECT_EQ(answer(id).body, "onetwo");
    EXPECT_FALSE(answer(id).ended);
    server->write(stream(0), "three");
    server->end(stream(0));
    server->write(stream(0), "late");
    talk();
    EXPECT_EQ(answer(id).body, "onetwothree");
    EXPECT_TRUE(answer(id).closed);
    EXPECT_TRUE(events.cancelled.empty());
}

TEST_F(Http2Test, slow_readers_show_in_held_bytes) {
    const auto id = client->request("GET", "/");
    talk();
    server->begin(stream(0), text_response(200, std::string(100000, 'a')));
    std::string unread = server->take_output();
    EXPECT_EQ(server->held_bytes(stream(0)), 100000u - 65535u);
    for (int i = 0; i < 1000; ++i) server->write(stream(0), std::string(10, 'b'));
    unread += server->take_output();
    EXPECT_EQ(server->held_bytes(stream(0)), 110000u - 65535u);
    client->feed(unread);
    talk();
    EXPECT_EQ(server->held_bytes(stream(0)), 0u);
    EXPECT_EQ(answer(id).body, std::string(100000, 'a') + std::string(10000, 'b'));
    client->reset(id);
    talk();
    EXPECT_EQ(events.cancelled.size(), 1u);
}

TEST_F(Http2Test, shuts_down_when_all_is_answered) {
    const auto id = client->request("POST", "/", {}, "x");
    talk();
    server->shut_down();
    EXPECT_FALSE(server->finished());
    // It crosses the GOAWAY on the way.
    const auto late = client->request("POST", "/", {}, "x");
    server->feed(as_bytes(client->take_output()));
    talk();
    EXPECT_EQ(client->goaways, std::vector<uint32_t>{NGHTTP2_NO_ERROR});
    EXPECT_EQ(events.seen.size(), 1u);
    EXPECT_EQ(answer(late).error_code, static_cast<uint32_t>(NGHTTP2_REFUSED_STREAM));
    EXPECT_FALSE(server->finished());
    server->respond(stream(0), text_response(200, "done"));
    talk();
    EXPECT_EQ(answer(id).body, "done");
    EXPECT_TRUE(server->finished());
}

TEST_F(Http2Test, idle_connections_shut_down_at_once) {
    talk();
    client->request("GET", "/");
    talk();
    server->respond(stream(0), text_response(200, ""));
    talk();
    server->shut_down();
    EXPECT_TRUE(server->finished());
    EXPECT_NE(server->take_output(), "");
}

TEST_F(Http2Test, more_streams_than_allowed_are_refused) {
    renew({.streams_max = 2});
    const auto first = client->request("GET", "/");
    const auto second = client->request("GET", "/");
    const auto third = client->request("GET", "/");
    talk();
    EXPECT_EQ(events.seen.size(), 2u);
    EXPECT_FALSE(answer(first).closed);
    EXPECT_FALSE(answer(second).closed);
    EXPECT_EQ(answer(third).error_code, static_cast<uint32_t>(NGHTTP2_REFUSED_STREAM));
}

TEST_F(Http2Test, a_broken_preface_or_frame_ends_the_connection) {
    EXPECT_FALSE(server->feed(as_bytes("PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n")));
    EXPECT_TRUE(server->finished());
    server->take_output();
    renew();
    EXPECT_FALSE(
        server->feed(as_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(100, '\xff'))));
    server->take_output();
    EXPECT_TRUE(server->finished());
    EXPECT_TRUE(events.seen.empty());
}

TEST_F(Http2Test, a_request_with_impossible_headers_is_reset) {
    const auto id = client->request("GET", "/", {{"transfer-encoding", "chunked"}});
    const auto lies = client->request("POST", "/", {{"content-length", "3"}}, "xx");
    talk();
    EXPECT_EQ(answer(id).error_code, static_cast<uint32_t>(NGHTTP2_PROTOCOL_ERROR));
    EXPECT_EQ(answer(lies).error_code, static_cast<uint32_t>(NGHTTP2_PROTOCOL_ERROR));
    EXPECT_TRUE(events.seen.empty());
}

}  // namespace
}  // namespace fors::http
