// SPDX-License-Identifier: Apache-2.0
// The client's side of HTTP/1.1, HTTP/2 and TLS without IO: requests in, bytes out; bytes in,
// answers out. Nothing is pipelined: HTTP/1.1 has one request under way.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "http/http.h"
#include "http/message.h"

namespace fors::http {

// A POST that is to be sent; borrowed for the call, but its body till its answer has ended.
struct Post {
    std::string_view path = "/";
    std::string_view authority;  // "host:port", as the host header has it
    // Lower case; "host" and "content-length" are not among them.
    std::span<const Header> headers;
    std::string_view body;
};

// Not thread-safe. From inside its events anything may be called but feed() and close(), and it
// must not be destroyed there.
class ClientConnection {
public:
    class Events {
    public:
        virtual ~Events() = default;
        virtual void on_head(StreamId stream, int status) = 0;
        virtual void on_body(StreamId stream, Bytes piece) = 0;  // borrowed for the call
        // The answer is over; `whole` is false when it was cut off or refused.
        virtual void on_end(StreamId stream, bool whole) = 0;
    };

    virtual ~ClientConnection() = default;

    // How many more requests may begin now; 0 while TLS still shakes hands.
    virtual size_t room() const = 0;
    // Only while there is room.
    virtual StreamId post(const Post& request) = 0;

    // Consumes all of `in`. False: the connection is of no more use once its output was sent.
    virtual bool feed(Bytes in) = 0;
    // The peer sends no more; requests under way end.
    virtual void close() = 0;

    // Appends what must go out now. Call after post() and feed(), and at the beginning.
    virtual void take_pieces(std::vector<std::string>& pieces) = 0;

    virtual std::string_view protocol() const = 0;  // "http/1.1", "h2"; "" before it is known
    // What went wrong below HTTP (a certificate that is not trusted); empty: nothing.
    virtual std::string failure() const { return {}; }
};

std::unique_ptr<ClientConnection> make_http1_client(ClientConnection::Events& events);
// Prior knowledge. At most `streams_max` requests at once, fewer when the server says so.
std::unique_ptr<ClientConnection> make_http2_client(uint32_t streams_max, std::string_view scheme,
                                                    ClientConnection::Events& events);

// Which protocols a TLS client offers by ALPN.
struct Offer {
    bool http1 = true;
    bool http2 = true;
};

// Trusts the certificates in `ca_pem`, or those of the operating system when it is empty.
Result<TlsContextPtr> make_client_tls_context(std::string_view ca_pem);
// `host` must be what the certificate is for. `context` and `events` outlive it.
std::unique_ptr<ClientConnection> make_tls_client(TlsContext& context, const std::string& host,
                                                  Offer offer, uint32_t streams_max,
                                                  ClientConnection::Events& events);

}  // namespace fors::http
