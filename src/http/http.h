// SPDX-License-Identifier: Apache-2.0
// http: HTTP/1.1, HTTP/2 and TLS without IO: bytes in, requests out; responses in, bytes out.
//
// One Connection object per byte stream. The first bytes decide what it speaks: a TLS record (then
// ALPN h2 or http/1.1), the HTTP/2 preface (prior knowledge), else HTTP/1.1. The same object runs
// under epoll, a fuzzer and the simulator.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "http/message.h"

namespace fors::http {

struct Limits {
    size_t head_bytes_max = 32 << 10;  // answered 431
    size_t body_bytes_max = 16 << 20;  // answered 413, empty body
    uint32_t streams_max = 1000;       // concurrent HTTP/2 streams
    uint32_t pipelined_max =
        64;  // HTTP/1.1 requests under way on a connection; further ones wait unparsed
    uint32_t unanswered_max = 256;       // HTTP/2 requests under way; further ones wait
    size_t answers_held_max = 64 << 20;  // of whole HTTP/2 answers; beyond it, requests wait
    uint32_t idle_frames_max = 10'000;   // HTTP/2 frames that bring no request on (http2_flood.h)
};

// Server side of TLS: certificate, key, ALPN, session tickets. Once made it is constant: all
// connections of all threads may share one, and should, since session tickets are good only for the
// context that issued them.
class TlsContext;
struct TlsContextDeleter {
    void operator()(TlsContext* context) const;
};
using TlsContextPtr = std::unique_ptr<TlsContext, TlsContextDeleter>;

// From PEM texts (certificate chain, private key).
Result<TlsContextPtr> make_tls_context(std::string_view certificate_pem, std::string_view key_pem);

struct SelfSigned {
    std::string certificate_pem;
    std::string key_pem;
};
// A fresh P-256 certificate for localhost, 127.0.0.1 and ::1, valid for ten years from `now_ms`.
Result<SelfSigned> make_self_signed(int64_t now_ms);
// Another such certificate for the key of one.
Result<std::string> renewed_certificate(std::string_view key_pem, int64_t now_ms);
// Whether the text begins with a certificate that was made here and has ended by then.
bool self_signed_ends_by(std::string_view certificate_pem, int64_t time_ms);

// An exchange on a connection: the HTTP/2 stream id, or a running number in HTTP/1.1.
using StreamId = uint32_t;

// Bytes in, events out. Not thread-safe; belongs to one reactor. From inside its events anything
// may be called but feed(), and it must not be destroyed there.
class Connection {
public:
    class Events {
    public:
        virtual ~Events() = default;
        // A whole request. It may be answered inside the call or later, in any order (HTTP/1.1
        // answers are put in order).
        virtual void on_request(StreamId stream, Request request) = 0;
        // The client took a request back (HTTP/2 reset); an answer to it is ignored.
        virtual void on_cancelled(StreamId stream) = 0;
    };

    virtual ~Connection() = default;

    // Consumes all of `in`. False: the connection is over once its output has been sent.
    virtual bool feed(Bytes in) = 0;

    // Where the next bytes should be read to before feed() gets them: a large body's own place.
    // Empty: anywhere. Good until the next call of anything here.
    virtual std::span<std::byte> input_space() { return {}; }

    // False while requests already here wait, for answers to earlier ones (Limits::pipelined_max)
    // or for those to be taken: read no more from the socket till it is true again. Whoever goes on
    // feeding nevertheless is cut off when the waiting bytes exceed the largest request.
    virtual bool wants_input() const = 0;

    // Answers a request; unknown or cancelled streams are ignored. In HTTP/1.1 an answer may make
    // room for a pipelined request that waited, so on_request() may be called from inside respond()
    // and end().
    virtual void respond(StreamId stream, Response response) = 0;

    // An answer whose body comes in pieces (event streams): head, then any number of writes, then
    // end. The body of the head is the first piece. False: the stream is unknown or was cancelled,
    // and all that is written to it is thrown away.
    virtual bool begin(StreamId stream, Response head) = 0;
    virtual void write(StreamId stream, std::string piece) = 0;
    virtual void end(StreamId stream) = 0;
    // Bytes of that stream's pieces that flow control still holds back here: the measure for slow
    // readers.
    virtual size_t held_bytes(StreamId stream) const = 0;

    // Whole answers that flow control holds back, and how much of such answers has left so far:
    // what is held while nothing leaves is kept for a client that doesn't read.
    struct Held {
        size_t bytes = 0;
        uint64_t left = 0;
    };
    virtual Held answers_held() const { return {}; }

    // Appends what must go out now, as pieces to be sent in turn: big bodies pass through without a
    // copy. Call after feed(), respond() and the like.
    virtual void take_pieces(std::vector<std::string>& pieces) = 0;
    // The same as one; empty when there is nothing.
    std::string take_output() {
        std::vector<std::string> pieces;
        take_pieces(pieces);
        std::string all;
        for (const std::string& piece : pieces) all += piece;
        return all;
    }

    // Refuse new requests, let those under way finish (HTTP/2: GOAWAY; HTTP/1.1: "connection:
    // close").
    virtual void shut_down() = 0;

    // True once nothing more will come or go: the socket can be closed after the output was sent.
    virtual bool finished() const = 0;

    // Requests under way; and whether a request has begun to arrive and isn't whole yet (for
    // time-outs).
    virtual size_t requests_under_way() const = 0;
    virtual bool request_arriving() const = 0;

    // For logs and metrics: "http/1.1", "h2", "" before the first bytes; and whether it is
    // encrypted.
    virtual std::string_view protocol() const = 0;
    virtual bool encrypted() const = 0;
};

// `tls` may be null (TLS is then refused); `events` and `tls` outlive the connection.
std::unique_ptr<Connection> make_server_connection(const Limits& limits, TlsContext* tls,
                                                   Connection::Events& events);

}  // namespace fors::http
