// SPDX-License-Identifier: Apache-2.0
// ServerConnection: one byte tells TLS, fourteen tell HTTP/2, everything else is HTTP/1.x or
// nonsense, which it answers.
#include "http/server_connection.h"

#include <utility>

#include "http/http1.h"
#include "http/http2.h"
#include "http/tls.h"

namespace fors::http {

namespace {

constexpr std::string_view http2_preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view http2_sign = http2_preface.substr(0, 14);
constexpr char tls_handshake_record = 0x16;

// A fatal handshake_failure: tells a TLS client what is wrong faster than a closed socket.
constexpr std::string_view tls_refusal("\x15\x03\x01\x00\x02\x02\x28", 7);

}  // namespace

ServerConnection::Kind ServerConnection::kind_of(std::string_view first_bytes) {
    if (first_bytes.empty()) return Kind::undecided;
    if (first_bytes.front() == tls_handshake_record) return Kind::tls;
    if (first_bytes.starts_with(http2_sign)) return Kind::http2;
    if (http2_sign.starts_with(first_bytes)) return Kind::undecided;
    return Kind::http1;
}

bool ServerConnection::feed(Bytes in) {
    if (over_) return false;
    if (inner_) return inner_->feed(in);
    if (!first_bytes_.empty()) {
        append(first_bytes_, in);
        in = as_bytes(first_bytes_);
    }
    const Kind kind = kind_of(as_text(in));
    if (kind == Kind::undecided) {
        if (first_bytes_.empty()) append(first_bytes_, in);
        return true;
    }
    start(kind);
    const bool goes_on = inner_ && inner_->feed(in);
    std::string().swap(first_bytes_);
    return goes_on;
}

void ServerConnection::start(Kind kind) {
    if (kind == Kind::tls && tls_) {
        inner_ = make_tls_connection(limits_, *tls_, events_);
    } else if (kind == Kind::tls) {
        last_words_ = tls_refusal;
        over_ = true;
    } else if (kind == Kind::http2) {
        inner_ = make_http2_connection(limits_, events_);
    } else {
        inner_ = std::make_unique<Http1>(limits_, events_);
    }
}

void ServerConnection::respond(StreamId stream, Response response) {
    if (inner_) inner_->respond(stream, std::move(response));
}

bool ServerConnection::begin(StreamId stream, Response head) {
    return inner_ && inner_->begin(stream, std::move(head));
}

void ServerConnection::write(StreamId stream, std::string piece) {
    if (inner_) inner_->write(stream, std::move(piece));
}

void ServerConnection::end(StreamId stream) {
    if (inner_) inner_->end(stream);
}

size_t ServerConnection::held_bytes(StreamId stream) const {
    return inner_ ? inner_->held_bytes(stream) : 0;
}

void ServerConnection::take_pieces(std::vector<std::string>& pieces) {
    if (inner_) return inner_->take_pieces(pieces);
    if (!last_words_.empty()) pieces.push_back(std::exchange(last_words_, {}));
}

void ServerConnection::shut_down() {
    if (inner_) return inner_->shut_down();
    over_ = true;
}

bool ServerConnection::finished() const { return over_ || (inner_ && inner_->finished()); }

size_t ServerConnection::requests_under_way() const {
    return inner_ ? inner_->requests_under_way() : 0;
}

bool ServerConnection::request_arriving() const {
    return inner_ ? inner_->request_arriving() : !first_bytes_.empty();
}

std::string_view ServerConnection::protocol() const { return inner_ ? inner_->protocol() : ""; }

std::unique_ptr<Connection> make_server_connection(const Limits& limits, TlsContext* tls,
                                                   Connection::Events& events) {
    return std::make_unique<ServerConnection>(limits, tls, events);
}

}  // namespace fors::http
