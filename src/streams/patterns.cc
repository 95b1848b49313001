// SPDX-License-Identifier: Apache-2.0
// Whole-string tests of the model's patterns, by hand: they run on every request.
#include "streams/patterns.h"

#include <algorithm>
#include <array>

namespace fors::streams {

namespace {

bool digit(char c) { return c >= '0' && c <= '9'; }
bool lower_or_digit(char c) { return digit(c) || (c >= 'a' && c <= 'z'); }
bool letter_or_digit(char c) { return lower_or_digit(c) || (c >= 'A' && c <= 'Z'); }
bool space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// 0, or up to `digits_max` digits that don't begin with 0.
bool is_number(std::string_view text, size_t digits_max) {
    if (text == "0") return true;
    if (text.empty() || text.size() > digits_max || text[0] == '0') return false;
    return std::ranges::all_of(text, digit);
}

}  // namespace

bool is_name(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return letter_or_digit(c) || c == '_' || c == '.' || c == '-';
    });
}

std::optional<StreamArn> split_stream_arn(std::string_view text) {
    constexpr std::string_view marker = ":stream/";
    if (!text.starts_with("arn:aws")) return std::nullopt;
    // The wild cards may span anything, so every ":stream/" with twelve digits before it is tried.
    for (size_t at = text.find(marker); at != text.npos; at = text.find(marker, at + 1)) {
        const std::string_view name = text.substr(at + marker.size());
        const std::string_view head = text.substr(0, at);
        if (head.size() < 13 || head[head.size() - 13] != ':') continue;
        const std::string_view account = head.substr(head.size() - 12);
        const std::string_view before = head.substr(0, head.size() - 12);
        // ":kinesis:" and the region's wild card end where the account begins.
        const size_t service = before.find(":kinesis:", 7);
        const bool named = service != before.npos && service + 9 < before.size();
        if (!named || !std::ranges::all_of(account, digit) || name.empty() ||
            std::ranges::any_of(name, space))
            continue;
        const std::string_view place = before.substr(0, before.size() - 1);
        return StreamArn{place.substr(place.rfind(':') + 1), account, name};
    }
    return std::nullopt;
}

bool is_stream_arn(std::string_view text) { return split_stream_arn(text).has_value(); }

bool is_resource_arn(std::string_view text) {
    constexpr auto markers = std::to_array<std::string_view>({"stream/", "channel/", "queue/"});
    if (!text.starts_with("arn:aws")) return false;
    const size_t service = text.find(":kinesis:", 7);
    if (service == text.npos) return false;
    for (size_t at = text.find(':', service + 9); at != text.npos; at = text.find(':', at + 1)) {
        if (text.size() < at + 14 || text[at + 13] != ':') continue;
        if (!std::ranges::all_of(text.substr(at + 1, 12), digit)) continue;
        for (std::string_view marker : markers) {
            const size_t end = text.find(marker, at + 14);
            if (end == text.npos) continue;
            const std::string_view name = text.substr(end + marker.size());
            if (!name.empty() && std::ranges::none_of(name, space)) return true;
        }
    }
    return false;
}

bool is_consumer_arn(std::string_view text) {
    constexpr std::string_view marker = "/consumer/";
    const size_t at = text.rfind(marker);
    const size_t colon = text.rfind(':');
    if (at == text.npos || colon == text.npos || colon < at + marker.size()) return false;
    const std::string_view created = text.substr(colon + 1);
    const std::string_view stream = text.substr(0, at);
    return !created.empty() && std::ranges::all_of(created, digit) &&
           is_name(text.substr(at + marker.size(), colon - at - marker.size())) &&
           is_name(stream.substr(stream.rfind('/') + 1)) && is_stream_arn(stream);
}

bool is_stream_id(std::string_view text) {
    return text.size() == 24 && text[20] == '-' &&
           std::ranges::all_of(text.substr(0, 20), lower_or_digit) &&
           std::ranges::all_of(text.substr(21), lower_or_digit);
}

bool is_sequence_number(std::string_view text) { return is_number(text, 129); }
bool is_hash_key(std::string_view text) { return is_number(text, 39); }

}  // namespace fors::streams
