// SPDX-License-Identifier: Apache-2.0
// JSON bodies of replies. Every value is written with a comma behind it, which a closing bracket
// takes the place of.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>

#include "wire/encoder.h"
#include "wire/engine.h"

namespace fors::wire {
namespace {

bool needs_escape(char c) {
    return (static_cast<unsigned char>(c) < 0x20) | (c == '"') | (c == '\\');
}

// Sixteen at a time without a branch: the compiler takes a vector register for them.
constexpr size_t sixteen = 16;
bool are_plain(const char* text) {
    unsigned char found = 0;
    for (size_t at = 0; at < sixteen; ++at)
        found |= static_cast<unsigned char>(needs_escape(text[at]));
    return found == 0;
}

bool is_plain(std::string_view text) {
    if (text.size() < sixteen) return std::ranges::none_of(text, needs_escape);
    // The last sixteen overlap those before them.
    const char* const last = text.data() + text.size() - sixteen;
    for (const char* at = text.data(); at < last; at += sixteen)
        if (!are_plain(at)) return false;
    return are_plain(last);
}

char* put_escaped(char c, char* to) {
    constexpr std::string_view digits = "0123456789abcdef";
    constexpr std::string_view meanings = "\"\\\b\f\n\r\t", names = "\"\\bfnrt";
    *to++ = '\\';
    size_t known = meanings.find(c);
    if (known != std::string_view::npos) {
        *to++ = names[known];
        return to;
    }
    auto byte = static_cast<unsigned char>(c);
    std::string_view("u00").copy(to, 3);
    to[3] = digits[byte >> 4];
    to[4] = digits[byte & 15];
    return to + 5;
}

class JsonWriter {
public:
    explicit JsonWriter(Output& out) : out_(out) {}

    void open_map() { out_.put('{'); }
    void close_map() { close('{', '}'); }
    void open_list() { out_.put('['); }
    void close_list() { close('[', ']'); }

    void key(std::string_view name) {  // from a table: nothing to escape
        char* to = out_.room(name.size() + 3);
        *to++ = '"';
        to = copy_to(to, name);
        *to++ = '"';
        *to++ = ':';
        out_.used_until(to);
    }
    void text_key(std::string_view name) {
        text(name);
        out_.last() = ':';
    }

    void text(std::string_view text) {
        if (!is_plain(text)) return escaped(text);
        char* to = out_.room(text.size() + 3);
        *to++ = '"';
        to = copy_to(to, text);
        *to++ = '"';
        *to++ = ',';
        out_.used_until(to);
    }

    void blob(Bytes data) {
        size_t size = base64::encoded_size(data.size());
        char* to = out_.room(size + 3);
        *to++ = '"';
        base64::encode(data, to);
        to += size;
        *to++ = '"';
        *to++ = ',';
        out_.used_until(to);
    }

    void integer(int64_t value) {
        char* to = out_.room(24);
        to = std::to_chars(to, to + 20, value).ptr;
        *to++ = ',';
        out_.used_until(to);
    }

    // JSON has no such numbers; Smithy's protocols have them as these texts.
    void real(double value) {
        if (std::isnan(value)) return text("NaN");
        if (std::isinf(value)) return text(value > 0 ? "Infinity" : "-Infinity");
        char* to = out_.room(40);
        to = std::to_chars(to, to + 32, value).ptr;
        *to++ = ',';
        out_.used_until(to);
    }

    void timestamp(Timestamp time) {
        bool negative = time.ms < 0;
        uint64_t ms =
            negative ? 0 - static_cast<uint64_t>(time.ms) : static_cast<uint64_t>(time.ms);
        char* to = out_.room(32);
        if (negative) *to++ = '-';
        to = std::to_chars(to, to + 20, ms / 1000).ptr;
        uint64_t fraction = ms % 1000;
        if (fraction) {
            *to++ = '.';
            *to++ = static_cast<char>('0' + fraction / 100);
            *to++ = static_cast<char>('0' + fraction / 10 % 10);
            *to++ = static_cast<char>('0' + fraction % 10);
        }
        *to++ = ',';
        out_.used_until(to);
    }

    void boolean(bool value) { out_.put(value ? "true," : "false,"); }
    void null() { out_.put("null,"); }

private:
    void close(char open, char c) {
        if (out_.last() == open)
            out_.put(c);
        else
            out_.last() = c;
        out_.put(',');
    }

    void escaped(std::string_view text) {
        constexpr size_t escape_bytes_max = 6;
        char* to = out_.room(text.size() * escape_bytes_max + 3);
        *to++ = '"';
        for (char c : text)
            if (needs_escape(c))
                to = put_escaped(c, to);
            else
                *to++ = c;
        *to++ = '"';
        *to++ = ',';
        out_.used_until(to);
    }

    Output& out_;
};

}  // namespace

void encode_json(const Table& shape, const void* object, std::string& out) {
    Output output(out, estimate(shape, object));
    JsonWriter writer(output);
    Encoder<JsonWriter>(writer).structure(shape, object);
    output.drop_last();  // the comma
    output.finish();
}

void encode_error_json(std::string_view type, std::string_view message, std::string& out) {
    Output output(out, type.size() + message.size() + 40);
    JsonWriter writer(output);
    writer.open_map();
    writer.key("__type");
    writer.text(type);
    if (!message.empty()) {
        writer.key(type == "SerializationException" ? "Message" : "message");
        writer.text(message);
    }
    writer.close_map();
    output.drop_last();
    output.finish();
}

}  // namespace fors::wire
