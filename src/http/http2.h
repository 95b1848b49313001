// SPDX-License-Identifier: Apache-2.0
// The server side of one HTTP/2 connection; the bytes fed begin with the client's preface.
#pragma once

#include <memory>

#include "http/http.h"

namespace fors::http {

std::unique_ptr<Connection> make_http2_connection(const Limits& limits, Connection::Events& events);

}  // namespace fors::http
