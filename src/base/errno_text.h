// SPDX-License-Identifier: Apache-2.0
// What the operating system says about an errno, on any thread.
#pragma once

#include <cstring>
#include <string>

namespace fors {

// GNU's strerror_r gives the text back, in the buffer or not.
inline std::string errno_text(int error) {
    char buffer[256];
    return strerror_r(error, buffer, sizeof(buffer));
}

}  // namespace fors
