// SPDX-License-Identifier: Apache-2.0
// Target: the endpoint under load and what is spoken with it.
#pragma once

#include <memory>
#include <string>

#include "env/network.h"
#include "http/client.h"

namespace fors::load {

enum class Protocol : uint8_t {
    any,    // over TLS what ALPN agrees on, else HTTP/1.1
    http1,  // HTTP/1.1 alone
    http2,  // HTTP/2 alone; without TLS by prior knowledge
};

struct Target {
    env::Endpoint address;
    std::string authority;  // as the host header says it
    std::string host;       // what the certificate must be for
    std::string path = "/";
    Protocol protocol = Protocol::any;
    http::TlsContext* tls = nullptr;  // null: in the clear
    uint32_t streams = 1;             // requests at once on a connection of HTTP/2
};

std::unique_ptr<http::ClientConnection> make_connection(const Target& target,
                                                        http::ClientConnection::Events& events);

// Where a URL points, before its host has an address.
struct Place {
    bool tls = false;
    std::string host;
    uint16_t port = 0;
    std::string authority;
    std::string path = "/";
};
Result<Place> place_of(std::string_view url);

}  // namespace fors::load
