// SPDX-License-Identifier: Apache-2.0
// Tls: OpenSSL between two memory buffers; what it decrypts is fed to the connection inside, what
// that says is encrypted.
#include "http/tls.h"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "http/server_connection.h"

namespace fors::http {

namespace {

constexpr size_t record_bytes = 16 << 10;  // the most a TLS record holds

}  // namespace

Tls::Tls(const Limits& limits, TlsContext& context, Events& events)
    : inner_(std::make_unique<ServerConnection>(limits, nullptr, events)),
      ssl_(SSL_new(context.get())),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())) {
    FORS_ASSERT(ssl_ && in_ && out_);  // only memory can lack
    BIO_set_mem_eof_return(in_, -1);
    BIO_set_mem_eof_return(out_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
    SSL_set_accept_state(ssl_.get());
}

bool Tls::feed(Bytes in) {
    if (finished()) return false;
    // In steps, since OpenSSL's memory buffer moves what is left over each time it grows.
    while (!in.empty() && !dead_) {
        const Bytes step = in.first(std::min(in.size(), 4 * record_bytes));
        in = in.subspan(step.size());
        if (BIO_write(in_, step.data(), static_cast<int>(step.size())) !=
            static_cast<int>(step.size()))
            dead_ = true;
        decrypt();
    }
    drain();
    return !finished();
}

void Tls::decrypt() {
    std::array<std::byte, record_bytes> plain;
    while (!dead_ && !half_closed_) {
        ERR_clear_error();
        const int size = SSL_read(ssl_.get(), plain.data(), static_cast<int>(plain.size()));
        if (size <= 0) return fail_session(size);
        // Also after the connection inside is over: what still comes is read and dropped, as on a
        // plain one.
        inner_->feed(Bytes(plain.data(), static_cast<size_t>(size)));
    }
}

// What an unsuccessful call means: wait for more bytes, a goodbye, or the end.
void Tls::fail_session(int result) {
    const int error = SSL_get_error(ssl_.get(), result);
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
    if (dead_ || !SSL_is_init_finished(ssl_.get())) return;
    std::vector<std::string> pieces;
    inner_->take_pieces(pieces);
    for (const std::string& piece : pieces) {
        std::string_view left = piece;
        while (!left.empty() && !dead_) {
            // In steps, so that plain text, OpenSSL's buffer and ours don't all hold a large answer
            // at once.
            const size_t step = std::min(left.size(), 16 * record_bytes);
            ERR_clear_error();
            const int size = SSL_write(ssl_.get(), left.data(), static_cast<int>(step));
            if (size <= 0) {
                dead_ = true;  // a memory buffer takes everything: this is no lack of room
                ERR_clear_error();
                return;
            }
            left.remove_prefix(static_cast<size_t>(size));
            drain();
        }
    }
    if (finished() && !std::exchange(said_goodbye_, true)) SSL_shutdown(ssl_.get());
}

void Tls::drain() {
    const size_t waiting = BIO_ctrl_pending(out_);
    if (waiting == 0) return;
    std::string& to = output_.tail();
    const size_t before = to.size();
    to.resize(before + waiting);
    const int size = BIO_read(out_, to.data() + before, static_cast<int>(waiting));
    FORS_ASSERT(size == static_cast<int>(waiting));
}

void Tls::respond(StreamId stream, Response response) {
    inner_->respond(stream, std::move(response));
}

void Tls::begin(StreamId stream, Response head) { inner_->begin(stream, std::move(head)); }

void Tls::write(StreamId stream, std::string piece) { inner_->write(stream, std::move(piece)); }

void Tls::end(StreamId stream) { inner_->end(stream); }

size_t Tls::held_bytes(StreamId stream) const { return inner_->held_bytes(stream); }

std::string Tls::take_output() {
    encrypt();
    drain();
    return output_.take();
}

void Tls::take_pieces(std::vector<std::string>& pieces) {
    encrypt();
    drain();
    output_.take_pieces(pieces);
}

void Tls::shut_down() { inner_->shut_down(); }

bool Tls::finished() const {
    if (half_closed_ && inner_->requests_under_way() == 0)
        return true;  // no half request is ever completed
    return dead_ || inner_->finished();
}

bool Tls::request_arriving() const {
    return inner_->request_arriving() || !SSL_is_init_finished(ssl_.get());
}

}  // namespace fors::http
