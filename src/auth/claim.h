// SPDX-License-Identifier: Apache-2.0
// Claim: what a request says of its caller, before anything is believed (reference, section 2.4).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/sigv4.h"
#include "base/result.h"
#include "http/message.h"

namespace fors::auth {

// Views point into the request, or into `storage`.
struct Claim {
    std::string_view access_key_id;
    Scope scope;
    std::string_view signed_headers;
    std::string_view signature;
    std::string_view amz_date;  // 20261123T190000Z
    std::optional<int64_t> expires_s;
    bool from_query = false;
    std::unique_ptr<std::string[]> storage;
};

Result<Claim> read_claim(const http::Request& request);

}  // namespace fors::auth
