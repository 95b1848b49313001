// SPDX-License-Identifier: Apache-2.0
// Reading of endpoints.
#include "load/target.h"

#include <charconv>

namespace fors::load {

Result<Place> place_of(std::string_view url) {
    const auto wrong = [&] { return fail(Code::validation, std::string(url) + ": not a URL"); };
    Place place;
    std::string_view rest = url;
    place.tls = rest.starts_with("https://");
    if (!place.tls && !rest.starts_with("http://")) return wrong();
    rest.remove_prefix(place.tls ? 8 : 7);
    const size_t slash = std::min(rest.find('/'), rest.size());
    place.authority = rest.substr(0, slash);
    if (slash < rest.size()) place.path = rest.substr(slash);
    if (place.path.find_first_of("?# ") != std::string::npos) return wrong();

    std::string_view host = place.authority;
    std::string_view port;
    const bool bracketed = host.starts_with('[');
    const size_t colon = host.rfind(':');
    const size_t end = bracketed ? host.find(']') : 0;
    if (bracketed && end == std::string_view::npos) return wrong();
    if (colon != std::string_view::npos && colon >= end) {
        port = host.substr(colon + 1);
        host = host.substr(0, colon);
    }
    if (bracketed) host = host.substr(1, end - 1);
    if (host.empty() || host.find_first_of(" @") != std::string_view::npos) return wrong();
    place.host = host;
    place.port = place.tls ? 443 : 80;
    if (port.empty()) return place;
    const auto read = std::from_chars(port.data(), port.data() + port.size(), place.port);
    if (read.ec != std::errc() || read.ptr != port.data() + port.size()) return wrong();
    const bool usual = place.port == (place.tls ? 443 : 80);
    if (usual) place.authority.resize(place.authority.rfind(':'));
    return place;
}

std::unique_ptr<http::ClientConnection> make_connection(const Target& target,
                                                        http::ClientConnection::Events& events) {
    if (target.tls)
        return http::make_tls_client(*target.tls, target.host,
                                     {.http1 = target.protocol != Protocol::http2,
                                      .http2 = target.protocol != Protocol::http1},
                                     target.streams, events);
    if (target.protocol == Protocol::http2)
        return http::make_http2_client(target.streams, "http", events);
    return http::make_http1_client(events);
}

}  // namespace fors::load
