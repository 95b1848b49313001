// SPDX-License-Identifier: Apache-2.0
// XML of answers in AWS's query protocol: a member is an element, the elements of a list are called
// <member>.
#include <charconv>
#include <ctime>
#include <string>

#include "base/base64.h"
#include "wire/encoder.h"
#include "wire/engine.h"

namespace fors::wire {
namespace {

template <class T>
const T& as(const void* value) {
    return *static_cast<const T*>(value);
}

// Bytes of the first character if XML 1.0 has none such, else none: control characters, U+FFFE and
// U+FFFF.
size_t unspeakable(std::string_view text) {
    const char first = text.front();
    if (first >= 0 && first < ' ') return first == '\t' || first == '\n' || first == '\r' ? 0 : 1;
    return text.starts_with("\xef\xbf\xbe") || text.starts_with("\xef\xbf\xbf") ? 3 : 0;
}

// What can't be said becomes U+FFFD: one such character would make the whole answer unreadable.
void put_text(std::string_view text, std::string& out) {
    for (; !text.empty(); text.remove_prefix(1)) {
        if (const size_t bytes = unspeakable(text)) {
            out += "\xef\xbf\xbd";
            text.remove_prefix(bytes - 1);
            continue;
        }
        switch (const char c = text.front()) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            case '\r':
                out += "&#xD;";
                break;
            default:
                out += c;
        }
    }
}

void put_time(Timestamp time, std::string& out) {
    const std::time_t seconds = time.ms / 1000;
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[40];
    out.append(text, std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &parts));
    if (const int64_t ms = time.ms % 1000; ms > 0) {
        const std::string fraction = std::to_string(1000 + ms);
        out.append(".").append(fraction, 1, 3);
    }
    out += 'Z';
}

void put_members(const Table& shape, const void* object, std::string& out);
void put_list(const Field& field, const void* elements, std::string& out);

void put_scalar(Kind kind, const void* value, std::string& out) {
    char text[40];
    switch (kind) {
        case Kind::text:
            return put_text(as<std::string_view>(value), out);
        case Kind::blob:
            base64::encode(as<Bytes>(value), out);
            return;
        case Kind::int32:
            out += std::to_string(as<int32_t>(value));
            return;
        case Kind::int64:
            out += std::to_string(as<int64_t>(value));
            return;
        case Kind::real:
            out.append(text, std::to_chars(text, text + sizeof(text), as<double>(value)).ptr);
            return;
        case Kind::boolean:
            out += as<bool>(value) ? "true" : "false";
            return;
        case Kind::timestamp:
            return put_time(as<Timestamp>(value), out);
        default:
            return;
    }
}

void put_element(std::string_view name, const Field& field, Kind kind, const void* value,
                 std::string& out) {
    out.append("<").append(name).append(">");
    if (kind == Kind::structure)
        put_members(*field.shape, value, out);
    else if (kind == Kind::list)
        put_list(field, value, out);
    else
        put_scalar(kind, value, out);
    out.append("</").append(name).append(">");
}

void put_list(const Field& field, const void* elements, std::string& out) {
    const size_t count = field.access.count(elements);
    for (size_t at = 0; at < count; ++at)
        put_element("member", field, field.element_kind, field.access.element(elements, at), out);
}

void put_members(const Table& shape, const void* object, std::string& out) {
    for (const Field& field : shape.fields)
        if (const void* value = field.access.peek(object))
            put_element(field.name, field, field.kind, value, out);
}

}  // namespace

void encode_xml(const Table& shape, const void* object, std::string& out) {
    put_members(shape, object, out);
}

void encode_error_xml(std::string_view type, std::string_view message, std::string& out,
                      Side side) {
    out.append("<Error><Type>").append(side == Side::sender ? "Sender" : "Receiver");
    out += "</Type><Code>";
    put_text(type, out);
    out += "</Code><Message>";
    put_text(message, out);
    out += "</Message></Error>";
}

}  // namespace fors::wire
