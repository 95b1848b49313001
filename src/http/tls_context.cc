// SPDX-License-Identifier: Apache-2.0
// The server's TLS settings: versions, ciphers, ALPN, certificate and key.
#include "http/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <string>
#include <utility>

namespace fors::http {

namespace {

using BioPtr = OpensslPtr<BIO, BIO_free_all>;
using X509Ptr = OpensslPtr<X509, X509_free>;
using KeyPtr = OpensslPtr<EVP_PKEY, EVP_PKEY_free>;

std::unexpected<Error> openssl_failure(const char* what) {
    const unsigned long code = ERR_peek_last_error();
    const char* const reason = code ? ERR_reason_error_string(code) : nullptr;
    ERR_clear_error();
    return fail(Code::invalid_argument,
                std::string(what) + (reason ? std::string(": ") + reason : ""));
}

BioPtr reader_of(std::string_view text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A passphrase cannot be asked for.
int no_passphrase(char*, int, int, void*) { return 0; }

int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                    const unsigned char* offered, unsigned int offered_size, void*) {
    static constexpr unsigned char ours[] = "\x02h2\x08http/1.1";
    unsigned char* found = nullptr;
    const int result =
        SSL_select_next_proto(&found, chosen_size, ours, sizeof(ours) - 1, offered, offered_size);
    *chosen = found;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

Result<> load_certificates(SSL_CTX* context, std::string_view pem) {
    const BioPtr reader = reader_of(pem);
    const X509Ptr leaf(PEM_read_bio_X509_AUX(reader.get(), nullptr, no_passphrase, nullptr));
    if (!leaf) return openssl_failure("no certificate could be read");
    if (SSL_CTX_use_certificate(context, leaf.get()) != 1)
        return openssl_failure("the certificate cannot be used");
    while (X509Ptr link{PEM_read_bio_X509(reader.get(), nullptr, no_passphrase, nullptr)}) {
        if (SSL_CTX_add0_chain_cert(context, link.get()) != 1)
            return openssl_failure("the certificate chain cannot be used");
        (void)link.release();
    }
    // The end of the file shows as an error of this one reason; any other is a damaged certificate.
    if (ERR_GET_REASON(ERR_peek_last_error()) != PEM_R_NO_START_LINE)
        return openssl_failure("the certificate chain is damaged");
    ERR_clear_error();
    return {};
}

Result<> load_key(SSL_CTX* context, std::string_view pem) {
    const BioPtr reader = reader_of(pem);
    const KeyPtr key(PEM_read_bio_PrivateKey(reader.get(), nullptr, no_passphrase, nullptr));
    if (!key) return openssl_failure("no private key could be read");
    if (SSL_CTX_use_PrivateKey(context, key.get()) != 1)
        return openssl_failure("the private key does not fit the certificate");
    return {};
}

}  // namespace

void TlsContextDeleter::operator()(TlsContext* context) const { delete context; }

Result<TlsContextPtr> make_tls_context(std::string_view certificate_pem, std::string_view key_pem) {
    ERR_clear_error();
    OpensslPtr<SSL_CTX, SSL_CTX_free> made(SSL_CTX_new(TLS_server_method()));
    if (!made) return openssl_failure("TLS cannot be set up");
    SSL_CTX* const context = made.get();
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20");  // of TLS 1.2
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    // Idle connections hold no buffers. Sessions live in tickets with the client, none here.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 1);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    if (auto loaded = load_certificates(context, certificate_pem); !loaded)
        return std::unexpected(loaded.error());
    if (auto loaded = load_key(context, key_pem); !loaded) return std::unexpected(loaded.error());
    return TlsContextPtr(new TlsContext(std::move(made)));
}

}  // namespace fors::http
