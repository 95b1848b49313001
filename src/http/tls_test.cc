// SPDX-License-Identifier: Apache-2.0
// TLS against OpenSSL's client in memory: both protocols, the self-signed certificate, resumption,
// goodbyes, nonsense.
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <string>

#include "http/http.h"
#include "http/test_events.h"
#include "http/test_http2_client.h"
#include "http/tls_context.h"

namespace fors::http {
namespace {

int64_t now_ms() { return static_cast<int64_t>(std::time(nullptr)) * 1000; }

// One certificate for all tests.
const SelfSigned& identity() {
    static const SelfSigned made = *make_self_signed(now_ms());
    return made;
}

class TlsClient {
public:
    explicit TlsClient(std::string_view alpn, const char* host = "localhost",
                       SSL_SESSION* resume = nullptr)
        : context_(SSL_CTX_new(TLS_client_method())) {
        BIO* pem = BIO_new_mem_buf(identity().certificate_pem.data(), -1);
        X509* certificate = PEM_read_bio_X509(pem, nullptr, nullptr, nullptr);
        X509_STORE_add_cert(SSL_CTX_get_cert_store(context_.get()), certificate);
        X509_free(certificate);
        BIO_free(pem);
        SSL_CTX_set_verify(context_.get(), SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT);
        ssl_.reset(SSL_new(context_.get()));
        SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                            static_cast<unsigned>(alpn.size()));
        if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host) != 1)
            SSL_set1_host(ssl_.get(), host);
        if (resume) SSL_set_session(ssl_.get(), resume);
        SSL_set_bio(ssl_.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
        SSL_set_connect_state(ssl_.get());
    }

    SSL* get() { return ssl_.get(); }
    void write(const std::string& text) {
        ASSERT_EQ(SSL_write(ssl_.get(), text.data(), static_cast<int>(text.size())),
                  static_cast<int>(text.size()));
    }
    // Reads and carries until nothing moves; gives the plain text received.
    std::string talk(Connection& server, size_t step = 1 << 30) {
        std::string plain;
        for (;;) {
            std::string got(1 << 16, 0);
            const int size = SSL_read(ssl_.get(), got.data(), static_cast<int>(got.size()));
            if (size > 0) {
                plain.append(got, 0, static_cast<size_t>(size));
                continue;
            }
            std::string out(BIO_ctrl_pending(SSL_get_wbio(ssl_.get())), 0);
            if (!out.empty())
                BIO_read(SSL_get_wbio(ssl_.get()), out.data(), static_cast<int>(out.size()));
            for (size_t at = 0; at < out.size(); at += step)
                alive = server.feed(as_bytes(std::string_view(out).substr(at, step)));
            const std::string in = server.take_output();
            if (!in.empty())
                BIO_write(SSL_get_rbio(ssl_.get()), in.data(), static_cast<int>(in.size()));
            if (in.empty() && out.empty()) return plain;
        }
    }
    bool alive = true;

private:
    OpensslPtr<SSL_CTX, SSL_CTX_free> context_;
    OpensslPtr<SSL, SSL_free> ssl_;
};

constexpr std::string_view http1_only("\x08http/1.1", 9);
constexpr std::string_view both("\x02h2\x08http/1.1", 12);
const std::string get = "GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n";

class TlsTest : public testing::Test {
protected:
    void SetUp() override {
        auto made = make_tls_context(identity().certificate_pem, identity().key_pem);
        ASSERT_TRUE(made) << made.error().message;
        context = std::move(*made);
        renew();
    }
    void renew() {
        events = {};
        server = make_server_connection({}, context.get(), events);
        events.answer = [this](StreamId stream, const Request& request) {
            server->respond(stream, text_response(200, request.path == "/large" ? large : "hello"));
        };
    }
    TlsContextPtr context;
    TestEvents events;
    std::unique_ptr<Connection> server;
    const std::string large = std::string(3 << 20, 'L');
};

TEST_F(TlsTest, http1_however_split_and_for_all_names) {
    for (const char* host : {"localhost", "127.0.0.1", "::1"})
        for (size_t step : {1u, 5u, 100000u}) {
            renew();
            TlsClient client(http1_only, host);
            client.talk(*server, step);
            ASSERT_TRUE(SSL_is_init_finished(client.get())) << host;
            EXPECT_EQ(SSL_get_verify_result(client.get()), X509_V_OK);
            EXPECT_TRUE(server->encrypted());
            client.write(get);
            EXPECT_TRUE(client.talk(*server, step).ends_with("\r\n\r\nhello"));
            EXPECT_EQ(server->protocol(), "http/1.1");
            ASSERT_EQ(events.seen.size(), 1u);
        }
}

TEST_F(TlsTest, other_names_are_not_ours) {
    TlsClient client(http1_only, "example.com");
    client.talk(*server);
    EXPECT_EQ(SSL_get_verify_result(client.get()), X509_V_ERR_HOSTNAME_MISMATCH);
    EXPECT_FALSE(client.alive);
    EXPECT_TRUE(server->finished());
}

TEST_F(TlsTest, chooses_http2_when_offered) {
    TlsClient tls(both);
    tls.talk(*server);
    const unsigned char* chosen = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls.get(), &chosen, &size);
    ASSERT_EQ(std::string(reinterpret_cast<const char*>(chosen), size), "h2");
    Http2Client client;
    const auto id = client.request("GET", "/large");
    for (std::string out = client.take_output(); !out.empty(); out = client.take_output()) {
        tls.write(out);
        client.feed(tls.talk(*server));
    }
    EXPECT_EQ(server->protocol(), "h2");
    EXPECT_TRUE(client.answers[id].body == large);
}

TEST_F(TlsTest, offers_without_a_common_protocol_are_refused) {
    TlsClient client(std::string_view("\x04spdy", 5));
    client.talk(*server);
    EXPECT_FALSE(client.alive);
    EXPECT_TRUE(server->finished());
}

TEST_F(TlsTest, clients_without_alpn_are_served) {
    TlsClient client("");
    client.talk(*server);
    client.write("GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_TRUE(client.talk(*server).ends_with("\r\n\r\n" + large));
}

TEST_F(TlsTest, old_versions_are_refused_and_tls12_is_served) {
    for (int version : {TLS1_1_VERSION, TLS1_2_VERSION}) {
        renew();
        TlsClient client(http1_only);
        SSL_set_min_proto_version(client.get(), version);
        SSL_set_max_proto_version(client.get(), version);
        SSL_set_security_level(client.get(), 0);
        client.talk(*server);
        EXPECT_EQ(SSL_is_init_finished(client.get()) == 1, version == TLS1_2_VERSION);
        EXPECT_EQ(server->finished(), version != TLS1_2_VERSION);
    }
}

TEST_F(TlsTest, nobody_renegotiates) {
    TlsClient client("\x08http/1.1");
    SSL_set_max_proto_version(client.get(), TLS1_2_VERSION);
    client.talk(*server);
    ASSERT_TRUE(SSL_is_init_finished(client.get()));
    static int alert = 0;
    SSL_set_info_callback(client.get(), [](const SSL*, int where, int value) {
        if ((where & SSL_CB_READ_ALERT) == SSL_CB_READ_ALERT) alert = value & 0xff;
    });
    ASSERT_EQ(SSL_renegotiate(client.get()), 1);
    SSL_do_handshake(client.get());
    client.talk(*server);
    EXPECT_EQ(alert, SSL_AD_NO_RENEGOTIATION);
}

TEST_F(TlsTest, sessions_resume_by_ticket) {
    TlsClient first(http1_only);
    first.talk(*server);
    first.write(get);
    first.talk(*server);
    EXPECT_FALSE(SSL_session_reused(first.get()));
    OpensslPtr<SSL_SESSION, SSL_SESSION_free> session(SSL_get1_session(first.get()));
    renew();
    TlsClient second(http1_only, "localhost", session.get());
    second.talk(*server);
    EXPECT_TRUE(SSL_session_reused(second.get()));
    second.write(get);
    EXPECT_TRUE(second.talk(*server).ends_with("hello"));
}

TEST_F(TlsTest, a_goodbye_ends_it_when_all_is_answered) {
    events.answer = nullptr;
    TlsClient client(http1_only);
    client.talk(*server);
    client.write(get);
    SSL_shutdown(client.get());
    client.talk(*server);
    ASSERT_EQ(events.seen.size(), 1u);
    EXPECT_TRUE(client.alive);
    EXPECT_FALSE(server->finished());
    server->respond(events.seen[0].stream, text_response(200, "last"));
    EXPECT_NE(server->take_output(), "");
    EXPECT_TRUE(server->finished());
}

TEST_F(TlsTest, the_server_says_goodbye) {
    TlsClient client(http1_only);
    client.talk(*server);
    client.write("GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    EXPECT_TRUE(client.talk(*server).ends_with("hello"));
    EXPECT_FALSE(client.alive);
    EXPECT_EQ(SSL_get_shutdown(client.get()) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
}

TEST_F(TlsTest, nonsense_ends_it) {
    EXPECT_FALSE(
        server->feed(as_bytes("\x16 no record at all, but long enough to be read as one")));
    EXPECT_TRUE(server->finished());
    renew();
    TlsClient client(http1_only);
    client.talk(*server);
    EXPECT_FALSE(
        server->feed(as_bytes(std::string("\x17\x03\x03\x00\x20", 5) + std::string(32, 'x'))));
}

TEST_F(TlsTest, without_a_context_it_is_refused_by_an_alert) {
    server = make_server_connection({}, nullptr, events);
    TlsClient client(http1_only);
    client.talk(*server);
    EXPECT_FALSE(client.alive);
    EXPECT_TRUE(server->finished());
    EXPECT_FALSE(SSL_is_init_finished(client.get()));
}

TEST_F(TlsTest, stops_during_the_handshake) {
    EXPECT_TRUE(server->feed(as_bytes("\x16\x03\x01")));
    EXPECT_TRUE(server->request_arriving());
    server->shut_down();
    EXPECT_TRUE(server->finished());
}

TEST(SelfSignedTest, ends_after_ten_years_and_is_renewed_for_the_same_key) {
    constexpr int64_t day_ms = 24 * 60 * 60 * 1000;
    const SelfSigned old = *make_self_signed(now_ms() - 3640 * day_ms);
    EXPECT_FALSE(self_signed_ends_by(old.certificate_pem, now_ms() + 9 * day_ms));
    EXPECT_TRUE(self_signed_ends_by(old.certificate_pem, now_ms() + 11 * day_ms));
    EXPECT_FALSE(self_signed_ends_by("", now_ms()));
    const auto renewed = renewed_certificate(old.key_pem, now_ms());
    ASSERT_TRUE(renewed);
    EXPECT_FALSE(self_signed_ends_by(*renewed, now_ms() + 3649 * day_ms));
    EXPECT_TRUE(make_tls_context(*renewed, old.key_pem));
    EXPECT_FALSE(renewed_certificate("", now_ms()));
}

TEST(TlsContextTest, unusable_texts_are_refused) {
    const SelfSigned other = *make_self_signed(now_ms());
    EXPECT_FALSE(make_tls_context("", ""));
    EXPECT_FALSE(make_tls_context(identity().certificate_pem, ""));
    EXPECT_FALSE(make_tls_context("", identity().key_pem));
    EXPECT_FALSE(make_tls_context(identity().certificate_pem, other.key_pem));
    EXPECT_TRUE(
        make_tls_context(identity().certificate_pem + other.certificate_pem, identity().key_pem));
    std::string damaged = other.certificate_pem;
    damaged[100] = '!';
    EXPECT_FALSE(make_tls_context(identity().certificate_pem + damaged, identity().key_pem));
}

}  // namespace
}  // namespace fors::http
