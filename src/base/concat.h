// SPDX-License-Identifier: Apache-2.0
// concat: a text from its parts.
#pragma once

#include <string>
#include <string_view>

namespace fors {

// All parts one after another.
template <class... Parts>
std::string concat(const Parts&... parts) {
    std::string text;
    text.reserve((std::string_view(parts).size() + ...));
    (text.append(parts), ...);
    return text;
}

}  // namespace fors
