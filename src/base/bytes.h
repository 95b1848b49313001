// SPDX-License-Identifier: Apache-2.0
// Bytes: a borrowed run of bytes, and its conversions to and from text.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace fors {

using Bytes = std::span<const std::byte>;

inline Bytes as_bytes(std::string_view text) {
    return std::as_bytes(std::span(text.data(), text.size()));
}

inline std::string_view as_text(Bytes bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

inline void append(std::string& to, Bytes bytes) {
    to.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace fors
