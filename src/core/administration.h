// SPDX-License-Identifier: Apache-2.0
// Pages under /_fors/ that look into the server's files or copy them, and who may call them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "auth/auth.h"
#include "base/result.h"
#include "http/message.h"

namespace fors::core {

// Made on the home thread, at once: what takes long is started there and asked about later.
struct AdminPage {
    std::string_view path;
    // Methods it doesn't know: status 405.
    std::function<http::Response(std::string_view method, std::string_view body)> answer;
};

// With credentials configured: requests signed by the root account, body included. In open mode
// (`root` is empty): any that come from this machine, but no browser's, which would act for
// whatever page is open in it. Gives the error to answer.
Result<> may_administer(const http::Request& request, auth::Verifier& verifier,
                        std::string_view root_access_key_id, int64_t now_ms);

// An error as a page's answer: {"__type": ..., "message": ...}.
http::Response refusal(int status, std::string_view type, std::string_view message);

}  // namespace fors::core
