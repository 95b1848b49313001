// SPDX-License-Identifier: Apache-2.0
// Whole-string tests of the model's patterns.
#include "kms/patterns.h"

#include <algorithm>

namespace fors::kms {

namespace {

bool letter_or_digit(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool made_of(std::string_view text, std::string_view marks) {
    return !text.empty() && std::ranges::all_of(text, [&](char c) {
        return letter_or_digit(c) || marks.contains(c);
    });
}

// U+0020 to U+00FF, as UTF-8, and what stands in `more`.
bool is_latin(std::string_view text, std::string_view more) {
    for (size_t at = 0; at < text.size(); ++at) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte == 0xC2 || byte == 0xC3)
            ++at;
        else if (byte >= 0x80 || (byte < 0x20 && !more.contains(text[at])))
            return false;
    }
    return true;
}

}  // namespace

bool is_policy_text(std::string_view text) { return !text.empty() && is_latin(text, "\t\n\r"); }
bool is_latin_text(std::string_view text) { return is_latin(text, ""); }
bool is_external_key(std::string_view text) { return made_of(text, "-_."); }
bool is_alias_name(std::string_view text) { return made_of(text, ":/_-"); }
bool is_word(std::string_view text) { return made_of(text, "_"); }

bool is_material_id(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace fors::kms
