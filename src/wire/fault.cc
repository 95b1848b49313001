// SPDX-License-Identifier: Apache-2.0
// The wording of AWS's SerializationException, spelling included.
#include "wire/fault.h"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace fors::wire {
namespace {

constexpr std::string_view list_unexpected = "Start of list found where not expected";
constexpr std::string_view map_unexpected = "Start of structure or map found where not expected.";

// How AWS's parser calls the value it holds.
std::string_view class_of(Found found) {
    switch (found) {
        case Found::boolean:
            return "class java.lang.Boolean";
        case Found::number:
            return "class com.amazon.coral.value.json.numbers.TruncatingBigNumber";
        case Found::bytes:
            return "class java.nio.HeapByteBuffer";
        default:
            return "class java.lang.String";
    }
}

// What a scalar cannot be converted to.
std::string_view target_of(Kind wanted) {
    switch (wanted) {
        case Kind::text:
            return "an String";
        case Kind::blob:
            return "a Blob";
        case Kind::int32:
            return "an Integer";
        case Kind::int64:
            return "an Long";
        case Kind::real:
            return "a Double";
        case Kind::boolean:
            return "an Boolean";
        default:
            return "milliseconds since epoch";
    }
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

std::string quoted(std::string_view value) { return "'" + std::string(clipped(value)) + "'"; }

char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

std::string uppercased(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(), upper);
    return result;
}

bool in_alphabet(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
}

// The first foreign character, whole (it may be of several bytes).
std::string_view foreign_character(std::string_view text, size_t at) {
    size_t end = at + 1;
    while (end < text.size() && is_continuation(text[end])) ++end;
    return text.substr(at, end - at);
}

}  // namespace

std::string type_fault(Kind wanted, Found found) {
    bool list = found == Found::list;
    bool map = found == Found::map;
    if (map && wanted != Kind::map && wanted != Kind::structure) return std::string(map_unexpected);
    if (list && wanted != Kind::list) return std::string(list_unexpected);
    if (wanted == Kind::list) return "Expected list or null";
    if (wanted == Kind::map) return "Expected map or null";
    if (wanted == Kind::structure) return "Expected null";
    std::string text(class_of(found));
    text += " can not be converted to ";
    return text += target_of(wanted);
}

std::string base64_fault(std::string_view text, const base64::Decoded& result) {
    std::string fault = quoted(text) + " can not be converted to a Blob: ";
    size_t length = characters(text);
    if (length % 4 != 0)
        return fault + "Base64 encoded length is expected a multiple of 4 bytes but found: " +
               std::to_string(length);
    if (result.fault == base64::Fault::bad_tail)
        return fault + "Invalid last non-pad Base64 character dectected";
    size_t at = result.at;
    if (result.fault == base64::Fault::bad_length) {  // in bytes, though not in characters
        at = static_cast<size_t>(std::ranges::find_if_not(text, in_alphabet) - text.begin());
    }
    return fault + "Invalid Base64 character: '" + std::string(foreign_character(text, at)) + "'";
}

std::optional<bool> boolean_of(std::string_view text) {
    if (text.size() > 5) return std::nullopt;
    std::string word = uppercased(text);
    if (word == "TRUE" || word == "1" || word == "YES") return true;
    if (word == "FALSE" || word == "0" || word == "NO") return false;
    return std::nullopt;
}

std::string boolean_fault(std::string_view text) {
    return quoted(uppercased(clipped(text))) + " can not be converted to an Boolean";
}

std::optional<double> real_of(std::string_view text) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    if (text == "NaN") return std::numeric_limits<double>::quiet_NaN();
    if (text == "Infinity") return infinity;
    if (text == "-Infinity") return -infinity;
    return std::nullopt;
}

size_t characters(std::string_view text) {
    return text.size() - static_cast<size_t>(std::ranges::count_if(text, is_continuation));
}

std::string_view clipped(std::string_view value) {
    constexpr size_t printed_bytes_max = size_t{16} << 10;
    if (value.size() <= printed_bytes_max) return value;
    size_t end = printed_bytes_max;
    while (end > 0 && is_continuation(value[end])) --end;
    return value.substr(0, end);
}

}  // namespace fors::wire
