// SPDX-License-Identifier: Apache-2.0
// The server's certificate: from the files given, or self-signed, made on first start and kept in
// the data directory.
#pragma once

#include "http/http.h"
#include "options.h"

namespace fors {

Result<http::SelfSigned> load_tls(const ServeOptions& options, int64_t now_ms);

}  // namespace fors
