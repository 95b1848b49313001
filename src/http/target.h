// SPDX-License-Identifier: Apache-2.0
// A request's target ("/path?query") into its two parts.
#pragma once

#include <string_view>

#include "http/message.h"

namespace fors::http {

inline void set_target(Request& request, std::string_view target) {
    const size_t question = target.find('?');
    request.path = target.substr(0, question);
    if (request.path.empty()) request.path = "/";
    if (question != std::string_view::npos) request.query = target.substr(question + 1);
}

}  // namespace fors::http
