// SPDX-License-Identifier: Apache-2.0
// The server side of one TLS connection, with HTTP/1.1 or HTTP/2 inside.
#pragma once

#include <memory>

#include "http/http.h"

namespace fors::http {

std::unique_ptr<Connection> make_tls_connection(const Limits& limits, TlsContext& context,
                                                Connection::Events& events);

}  // namespace fors::http
