// SPDX-License-Identifier: Apache-2.0
// Names of journal files: sixteen hex digits and what kind of file it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace fors::journal {

// 0123456789abcdef.segment: the number; nothing for names of another form.
inline std::optional<uint64_t> file_number(std::string_view name, std::string_view suffix) {
    if (name.size() != 16 + suffix.size() || !name.ends_with(suffix)) return std::nullopt;
    uint64_t number = 0;
    for (const char c : name.substr(0, 16)) {
        const size_t digit = std::string_view("0123456789abcdef").find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        number = number << 4 | digit;
    }
    return number;
}

}  // namespace fors::journal
