// SPDX-License-Identifier: Apache-2.0
// A client of TLS; ALPN decides what is spoken inside.
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <utility>

#include "http/client.h"
#include "http/tls_session.h"

namespace fors::http {

namespace {

class TlsClient final : public ClientConnection {
public:
    TlsClient(TlsContext& context, const std::string& host, Offer offer, uint32_t streams_max,
              Events& events)
        : events_(events),
          streams_max_(streams_max),
          http1_offered_(offer.http1),
          session_(context) {
        std::string offered;
        if (offer.http2) offered += "\x02h2";
        if (offer.http1) offered += "\x08http/1.1";
        SSL_set_alpn_protos(session_.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                            static_cast<unsigned>(offered.size()));
        expect(host);
        SSL_set_connect_state(session_.get());
        shake_hands();
    }

    size_t room() const override { return inner_ && !dead_ ? inner_->room() : 0; }
    StreamId post(const Post& request) override { return inner_->post(request); }

    bool feed(Bytes in) override {
        while (!in.empty() && !dead_) {
            if (!session_.take_step(in)) dead_ = true;
            if (!inner_) shake_hands();
            if (inner_) decrypt();
        }
        if (dead_ && inner_) inner_->close();
        return !dead_;
    }

    void close() override {
        dead_ = true;
        if (inner_) inner_->close();
    }

    void take_pieces(std::vector<std::string>& pieces) override {
        if (inner_ && !dead_) encrypt();
        session_.drain();
        session_.output().take_pieces(pieces);
    }

    std::string_view protocol() const override { return inner_ ? inner_->protocol() : ""; }
    std::string failure() const override { return failure_; }

private:
    // The certificate must be for this name or this address.
    void expect(const std::string& host) {
        in6_addr address;
        const bool numeric = inet_pton(AF_INET, host.c_str(), &address) == 1 ||
                             inet_pton(AF_INET6, host.c_str(), &address) == 1;
        if (numeric) {
            X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_.get()), host.c_str());
        } else {
            SSL_set1_host(session_.get(), host.c_str());
            SSL_set_tlsext_host_name(session_.get(), host.c_str());
        }
        SSL_set_verify(session_.get(), SSL_VERIFY_PEER, nullptr);
    }

    void shake_hands() {
        ERR_clear_error();
        const int done = SSL_do_handshake(session_.get());
        if (done != 1) {
            if (SSL_get_error(session_.get(), done) != SSL_ERROR_WANT_READ) die();
            return;
        }
        const unsigned char* chosen = nullptr;
        unsigned size = 0;
        SSL_get0_alpn_selected(session_.get(), &chosen, &size);
        const bool two = std::string_view(reinterpret_cast<const char*>(chosen), size) == "h2";
        if (!two && !http1_offered_) {
            dead_ = true;
            failure_ = "the server speaks no HTTP/2";
            return;
        }
        inner_ =
            two ? make_http2_client(streams_max_, "https", events_) : make_http1_client(events_);
    }

    void decrypt() {
        std::array<std::byte, TlsSession::record_bytes> plain;
        while (!dead_) {
            ERR_clear_error();
            const int size = SSL_read(session_.get(), plain.data(), static_cast<int>(plain.size()));
            if (size > 0) {
                if (!inner_->feed(Bytes(plain).first(static_cast<size_t>(size)))) dead_ = true;
                continue;
            }
            if (SSL_get_error(session_.get(), size) != SSL_ERROR_WANT_READ) die();
            return;
        }
    }

    void encrypt() {
        std::vector<std::string> pieces;
        inner_->take_pieces(pieces);
        for (const std::string& piece : pieces)
            if (!session_.write(piece)) return die();
    }

    void die() {
        dead_ = true;
        const long verified = SSL_get_verify_result(session_.get());
        const unsigned long code = ERR_peek_last_error();
        const char* const reason = code ? ERR_reason_error_string(code) : nullptr;
        if (verified != X509_V_OK)
            failure_ = std::string("certificate: ") + X509_verify_cert_error_string(verified);
        else if (reason)
            failure_ = std::string("TLS: ") + reason;
        ERR_clear_error();
    }

    Events& events_;
    uint32_t streams_max_;
    bool http1_offered_;
    TlsSession session_;
    std::unique_ptr<ClientConnection> inner_;  // once hands were shaken
    std::string failure_;
    bool dead_ = false;
};

Result<> trust(SSL_CTX* context, std::string_view ca_pem) {
    using BioPtr = OpensslPtr<BIO, BIO_free_all>;
    using X509Ptr = OpensslPtr<X509, X509_free>;
    const BioPtr reader(BIO_new_mem_buf(ca_pem.data(), static_cast<int>(ca_pem.size())));
    X509_STORE* const store = SSL_CTX_get_cert_store(context);
    size_t found = 0;
    while (X509Ptr each{PEM_read_bio_X509(reader.get(), nullptr, nullptr, nullptr)}) {
        X509_STORE_add_cert(store, each.get());
        ++found;
    }
    ERR_clear_error();
    if (found == 0) return fail(Code::invalid_argument, "no certificate could be read");
    return {};
}

}  // namespace

Result<TlsContextPtr> make_client_tls_context(std::string_view ca_pem) {
    OpensslPtr<SSL_CTX, SSL_CTX_free> context(SSL_CTX_new(TLS_client_method()));
    if (!context) return fail(Code::internal, "TLS cannot be set up");
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
    if (ca_pem.empty()) {
        SSL_CTX_set_default_verify_paths(context.get());
    } else if (auto trusted = trust(context.get(), ca_pem); !trusted) {
        return std::unexpected(trusted.error());
    }
    return TlsContextPtr(new TlsContext(std::move(context)));
}

std::unique_ptr<ClientConnection> make_tls_client(TlsContext& context, const std::string& host,
                                                  Offer offer, uint32_t streams_max,
                                                  ClientConnection::Events& events) {
    return std::make_unique<TlsClient>(context, host, offer, streams_max, events);
}

}  // namespace fors::http
