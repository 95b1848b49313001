// SPDX-License-Identifier: Apache-2.0
// The client's side of each protocol against the server's side, in memory, however the bytes are
// cut; and answers that no good server gives.
#include "http/client.h"

#include <gtest/gtest.h>

#include <map>

namespace fors::http {
namespace {

constexpr int64_t now_ms = 1'790'000'000'000;

struct Answers final : ClientConnection::Events {
    struct Answer {
        int status = 0;
        std::string body;
        bool ended = false;
        bool whole = false;
    };
    std::map<StreamId, Answer> all;

    void on_head(StreamId stream, int status) override { all[stream].status = status; }
    void on_body(StreamId stream, Bytes piece) override { append(all[stream].body, piece); }
    void on_end(StreamId stream, bool whole) override {
        all[stream].ended = true;
        all[stream].whole = whole;
    }
};

// Says back what it was told.
struct Echo final : Connection::Events {
    Connection* connection = nullptr;
    bool in_pieces = false;
    uint32_t requests = 0;

    void on_request(StreamId stream, Request request) override {
        ++requests;
        Response response;
        response.status = request.method == "POST" ? 200 : 405;
        response.content_type = "text/plain";
        const std::string said = std::string(request.header("host")) + request.body;
        if (!in_pieces) {
            response.body = said;
            return connection->respond(stream, std::move(response));
        }
        connection->begin(stream, std::move(response));
        for (size_t at = 0; at < said.size(); at += 1000)
            connection->write(stream, said.substr(at, 1000));
        connection->end(stream);
    }
    void on_cancelled(StreamId) override {}
};

std::string taken(ClientConnection& client) {
    std::vector<std::string> pieces;
    client.take_pieces(pieces);
    std::string all;
    for (const std::string& each : pieces) all += each;
    return all;
}

// Carries bytes to and fro till both are silent.
void talk(ClientConnection& client, Connection& server, size_t step) {
    for (bool silent = false; !silent;) {
        const std::string out = taken(client);
        for (size_t at = 0; at < out.size(); at += step)
            server.feed(as_bytes(std::string_view(out).substr(at, step)));
        const std::string in = server.take_output();
        for (size_t at = 0; at < in.size(); at += step)
            client.feed(as_bytes(std::string_view(in).substr(at, step)));
        silent = out.empty() && in.empty();
    }
}

struct TlsPair {
    SelfSigned made = *make_self_signed(now_ms);
    TlsContextPtr server = *make_tls_context(made.certificate_pem, made.key_pem);
    TlsContextPtr client = *make_client_tls_context(made.certificate_pem);
};

enum class Kind : uint8_t { http1, http2, tls_http1, tls_http2, tls_any };

class Client : public testing::TestWithParam<std::tuple<Kind, bool, unsigned>> {
protected:
    Client() {
        echo_.in_pieces = std::get<1>(GetParam());
        const Kind kind = std::get<0>(GetParam());
        server_ = make_server_connection({}, tls_.server.get(), echo_);
        echo_.connection = server_.get();
        const Offer offer{.http1 = kind != Kind::tls_http2, .http2 = kind != Kind::tls_http1};
        if (kind == Kind::http1)
            client_ = make_http1_client(answers_);
        else if (kind == Kind::http2)
            client_ = make_http2_client(3, "http", answers_);
        else
            client_ = make_tls_client(*tls_.client, "127.0.0.1", offer, 3, answers_);
        two_ = kind == Kind::http2 || kind == Kind::tls_http2 || kind == Kind::tls_any;
    }

    void talk() { http::talk(*client_, *server_, std::get<2>(GetParam())); }

    TlsPair tls_;
    Echo echo_;
    Answers answers_;
    std::unique_ptr<Connection> server_;
    std::unique_ptr<ClientConnection> client_;
    bool two_ = false;
};

TEST_P(Client, requests_are_answered_one_after_the_other) {
    talk();
    EXPECT_EQ(client_->protocol(), two_ ? "h2" : "http/1.1");
    const std::vector<Header> headers{{"x-amz-target", "Kinesis_20131202.PutRecord"}};
    for (const size_t size : {size_t{0}, size_t{1}, size_t{70'000}, size_t{2'000'000}}) {
        const std::string body(size, 'x');
        ASSERT_GT(client_->room(), 0u);
        const StreamId id =
            client_->post({.authority = "here:1", .headers = headers, .body = body});
        talk();
        const auto& answer = answers_.all[id];
        EXPECT_EQ(answer.status, 200);
        EXPECT_TRUE(answer.ended && answer.whole);
        EXPECT_EQ(answer.body, "here:1" + body);
    }
    EXPECT_EQ(echo_.requests, 4u);
}

TEST_P(Client, there_is_room_for_so_many_at_once) {
    talk();
    EXPECT_EQ(client_->room(), two_ ? 3u : 1u);
    const std::string body = "x";
    while (client_->room() > 0) client_->post({.authority = "here", .headers = {}, .body = body});
    talk();
    EXPECT_EQ(answers_.all.size(), two_ ? 3u : 1u);
    for (const auto& [id, answer] : answers_.all) EXPECT_EQ(answer.body, "herex");
    EXPECT_EQ(client_->room(), two_ ? 3u : 1u);
}

TEST_P(Client, requests_under_way_end_with_the_connection) {
    talk();
    const StreamId id = client_->post({.authority = "here", .headers = {}, .body = {}});
    taken(*client_);
    client_->close();
    EXPECT_TRUE(answers_.all[id].ended);
    EXPECT_FALSE(answers_.all[id].whole);
    EXPECT_EQ(client_->room(), 0u);
    EXPECT_FALSE(client_->feed(as_bytes("HTTP/1.1 200 OK\r\n\r\n")));
}

INSTANTIATE_TEST_SUITE_P(all, Client,
                         testing::Combine(testing::Values(Kind::http1, Kind::http2, Kind::tls_http1,
                                                          Kind::tls_http2, Kind::tls_any),
                                          testing::Bool(), testing::Values(1460U, 1U << 20)));

TEST(Http1Client, the_connection_ends_when_the_server_says_so) {
    Answers answers;
    const auto client = make_http1_client(answers);
    const StreamId id = client->post({.authority = "here", .headers = {}, .body = {}});
    EXPECT_FALSE(
        client->feed(as_bytes("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 Bad\r\n"
                              "connection: close\r\ncontent-length: 2\r\n\r\nno")));
    EXPECT_EQ(answers.all[id].status, 400);
    EXPECT_EQ(answers.all[id].body, "no");
    EXPECT_TRUE(answers.all[id].whole);
    EXPECT_EQ(client->room(), 0u);
}

TEST(Http1Client, what_is_no_answer_ends_the_request) {
    for (const char* said : {"nonsense\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"}) {
        Answers answers;
        const auto client = make_http1_client(answers);
        const StreamId id = client->post({.authority = "here", .headers = {}, .body = {}});
        EXPECT_FALSE(client->feed(as_bytes(said)));
        EXPECT_TRUE(answers.all[id].ended);
        EXPECT_FALSE(answers.all[id].whole);
    }
}

TEST(Http1Client, an_answer_nobody_asked_for_ends_the_connection) {
    Answers answers;
    const auto client = make_http1_client(answers);
    EXPECT_FALSE(client->feed(as_bytes("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")));
    EXPECT_TRUE(answers.all.empty());
}

TEST(Http2Client, what_is_no_frame_ends_the_requests) {
    Answers answers;
    const auto client = make_http2_client(2, "http", answers);
    const StreamId id = client->post({.authority = "here", .headers = {}, .body = {}});
    EXPECT_FALSE(client->feed(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n")));
    EXPECT_TRUE(answers.all[id].ended);
    EXPECT_FALSE(answers.all[id].whole);
    EXPECT_EQ(client->failure(), "the server speaks no HTTP/2");
}

void expect_refusal(TlsContext& client_context, TlsContext& server_context, const char* host,
                    const char* why) {
    Answers answers;
    Echo echo;
    const auto server = make_server_connection({}, &server_context, echo);
    const auto client = make_tls_client(client_context, host, {}, 1, answers);
    talk(*client, *server, 1 << 20);
    EXPECT_EQ(client->room(), 0u);
    EXPECT_NE(client->failure().find(why), std::string::npos) << client->failure();
}

TEST(TlsClient, a_certificate_must_be_trusted_and_for_the_host) {
    const TlsPair ours;
    const TlsPair other;
    expect_refusal(*other.client, *ours.server, "localhost", "certificate: ");
    expect_refusal(*ours.client, *ours.server, "elsewhere.example", "ostname mismatch");
    expect_refusal(*ours.client, *ours.server, "10.0.0.1", "IP address mismatch");
}

TEST(TlsClient, certificates_that_cannot_be_read_are_refused) {
    EXPECT_FALSE(make_client_tls_context("nonsense"));
    EXPECT_TRUE(make_client_tls_context({}));
}

}  // namespace
}  // namespace fors::http
