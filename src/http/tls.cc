// SPDX-License-Identifier: Apache-2.0
// Tls: what the session decrypts is fed to the connection inside, what that says is encrypted.
#include "http/tls.h"

#include <openssl/err.h>

#include <array>
#include <utility>
#include <vector>

#include "http/server_connection.h"

namespace fors::http {

Tls::Tls(const Limits& limits, TlsContext& context, Events& events)
    : inner_(std::make_unique<ServerConnection>(limits, nullptr, events)), session_(context) {
    SSL_set_accept_state(session_.get());
}

bool Tls::feed(Bytes in) {
    if (finished()) return false;
    while (!in.empty() && !dead_ && !half_closed_) {
        if (!session_.take_step(in)) dead_ = true;
        decrypt();
    }
    session_.drain();
    return !finished();
}

void Tls::decrypt() {
    std::array<std::byte, TlsSession::record_bytes> plain;
    while (!dead_ && !half_closed_) {
        ERR_clear_error();
        const int size = SSL_read(session_.get(), plain.data(), static_cast<int>(plain.size()));
        if (size <= 0) return fail_session(size);
        // Also after the connection inside is over: what still comes is read and dropped, as on a
        // plain one.
        inner_->feed(Bytes(plain.data(), static_cast<size_t>(size)));
    }
}

// What an unsuccessful call means: wait for more bytes, a goodbye, or the end.
void Tls::fail_session(int result) {
    const int error = SSL_get_error(session_.get(), result);
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return;
    if (error == SSL_ERROR_ZERO_RETURN) {
        half_closed_ = true;
        inner_->shut_down();
    } else {
        dead_ = true;
    }
    ERR_clear_error();
}

void Tls::encrypt() {
    if (dead_ || !SSL_is_init_finished(session_.get())) return;
    std::vector<std::string> pieces;
    inner_->take_pieces(pieces);
    for (const std::string& piece : pieces) {
        if (session_.write(piece)) continue;
        dead_ = true;
        ERR_clear_error();
        return;
    }
    if (finished() && !std::exchange(said_goodbye_, true)) SSL_shutdown(session_.get());
}

void Tls::respond(StreamId stream, Response response) {
    inner_->respond(stream, std::move(response));
}

bool Tls::begin(StreamId stream, Response head) { return inner_->begin(stream, std::move(head)); }

void Tls::write(StreamId stream, std::string piece) { inner_->write(stream, std::move(piece)); }

void Tls::end(StreamId stream) { inner_->end(stream); }

size_t Tls::held_bytes(StreamId stream) const { return inner_->held_bytes(stream); }

void Tls::take_pieces(std::vector<std::string>& pieces) {
    encrypt();
    session_.drain();
    session_.output().take_pieces(pieces);
}

void Tls::shut_down() { inner_->shut_down(); }

bool Tls::finished() const {
    if (half_closed_ && inner_->requests_under_way() == 0)
        return true;  // no half request is ever completed
    return dead_ || inner_->finished();
}

bool Tls::request_arriving() const {
    return inner_->request_arriving() || !SSL_is_init_finished(session_.get());
}

}  // namespace fors::http
