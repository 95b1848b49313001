// SPDX-License-Identifier: Apache-2.0
// What nghttp2 is given: the table of callbacks, the options, the source of body bytes.
#pragma once

#include <nghttp2/nghttp2.h>

namespace fors::http {

// Both are made once and shared by all sessions: setting up a connection is on the path of clients
// that open one per request.
const nghttp2_session_callbacks* http2_callbacks();
const nghttp2_option* http2_options();

// Draws on the answer of the stream it is asked for.
nghttp2_data_provider http2_body_source();

}  // namespace fors::http
