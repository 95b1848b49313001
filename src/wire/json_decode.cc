// SPDX-License-Identifier: Apache-2.0
// JSON bodies: simdjson finds where the tokens start (and refuses bad UTF-8, raw control characters
// and open strings), a cursor over those places does the grammar. Texts without escapes are views
// into the body, base64 is decoded from it in place.
#include <simdjson.h>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "wire/decoder.h"
#include "wire/engine.h"

namespace fors::wire {
namespace {

using Index = simdjson::internal::dom_parser_implementation;

bool is_blank(char c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

char* append_utf8(uint32_t point, char* to) {
    auto put = [&](uint32_t byte) { *to++ = static_cast<char>(byte); };
    if (point < 0x80) {
        put(point);
    } else if (point < 0x800) {
        put(0xc0 | point >> 6);
        put(0x80 | (point & 0x3f));
    } else if (point < 0x10000) {
        put(0xe0 | point >> 12);
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
    } else {
        put(0xf0 | point >> 18);
        put(0x80 | (point >> 12 & 0x3f));
        put(0x80 | (point >> 6 & 0x3f));
        put(0x80 | (point & 0x3f));
    }
    return to;
}

// Resolves the escapes of a string's inside; what comes out is never longer than what went in.
class Unescaper {
public:
    explicit Unescaper(std::string_view raw) : raw_(raw) {}

    bool into(char* to, size_t& size) {
        char* start = to;
        while (at_ < raw_.size()) {
            size_t escape = std::min(raw_.find('\\', at_), raw_.size());
            std::memcpy(to, raw_.data() + at_, escape - at_);
            to += escape - at_;
            at_ = escape;
            if (at_ < raw_.size() && !one(to)) return false;
        }
        size = static_cast<size_t>(to - start);
        return true;
    }

private:
    bool one(char*& to) {
        if (raw_.size() - at_ < 2) return false;
        char kind = raw_[at_ + 1];
        at_ += 2;
        if (kind == 'u') return unicode(to);
        constexpr std::string_view names = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
        size_t known = names.find(kind);
        if (known == std::string_view::npos) return false;
        *to++ = meanings[known];
        return true;
    }

    bool unicode(char*& to) {
        uint32_t unit = 0, low = 0;
        if (!hex(unit) || (unit & 0xfc00) == 0xdc00) return false;
        if ((unit & 0xfc00) == 0xd800) {  // the first half of a pair
            if (raw_.substr(at_, 2) != "\\u") return false;
            at_ += 2;
            if (!hex(low) || (low & 0xfc00) != 0xdc00) return false;
            unit = 0x10000 + ((unit & 0x3ff) << 10 | (low & 0x3ff));
        }
        to = append_utf8(unit, to);
        return true;
    }

    bool hex(uint32_t& unit) {
        if (raw_.size() - at_ < 4) return false;
        for (size_t i = 0; i < 4; ++i) {
            int digit = hex_value(raw_[at_ + i]);
            if (digit < 0) return false;
            unit = unit << 4 | static_cast<uint32_t>(digit);
        }
        at_ += 4;
        return true;
    }

    std::string_view raw_;
    size_t at_ = 0;
};

// JSON's grammar of numbers: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?
bool is_number(std::string_view token, bool& integral) {
    size_t at = 0;
    auto digits = [&] {
        size_t start = at;
        while (at < token.size() && is_digit(token[at])) ++at;
        return at > start;
    };
    if (at < token.size() && token[at] == '-') ++at;
    bool zero = at < token.size() && token[at] == '0';
    size_t first = at;
    if (!digits() || (zero && at - first > 1)) return false;
    integral = at == token.size();
    if (at < token.size() && token[at] == '.') {
        ++at;
        if (!digits()) return false;
    }
    if (at < token.size() && (token[at] == 'e' || token[at] == 'E')) {
        ++at;
        if (at < token.size() && (token[at] == '+' || token[at] == '-')) ++at;
        if (!digits()) return false;
    }
    return at == token.size();
}

bool parse_number(std::string_view token, Number& number) {
    if (!is_number(token, number.integral)) return false;
    const char* end = token.data() + token.size();
    if (number.integral) {
        auto parsed = std::from_chars(token.data(), end, number.integer);
        if (parsed.ec == std::errc()) return true;
        number.integral = false;
    }
    auto parsed = std::from_chars(token.data(), end, number.real);
    // Too large or too small: this one says which, but wants the text with an end.
    if (parsed.ec == std::errc::result_out_of_range)
        number.real = std::strtod(std::string(token).c_str(), nullptr);
    return true;
}

// Cursor over the token starts.
class JsonReader {
public:
    static constexpr Found blob_form = Found::text;
    static constexpr bool reals_as_text = true;  // those that JSON has no number for

    JsonReader(std::string_view body, const Index& index, Arena& arena)
        : body_(body),
          starts_(index.structural_indexes.get()),
          count_(index.n_structural_indexes),
          arena_(arena) {}

    bool at_end() const { return at_ == count_; }
    size_t offset() const { return start_of(at_); }
    size_t remaining() const { return body_.size() - offset(); }

    Found peek() const {
        switch (current()) {
            case '"':
                return Found::text;
            case '{':
                return Found::map;
            case '[':
                return Found::list;
            case 't':
            case 'f':
                return Found::boolean;
            case 'n':
                return Found::null;
            case '-':
                return Found::number;
            default:
                return is_digit(current()) ? Found::number : Found::broken;
        }
    }

    bool open(Nest& nest) {
        nest.close = current() == '{' ? '}' : ']';
        ++at_;
        return true;
    }

    Step next(Nest& nest) {
        char c = current();
        if (c == nest.close) {
            ++at_;
            return Step::end;
        }
        if (std::exchange(nest.first, false)) return at_end() ? Step::broken : Step::item;
        if (c != ',') return Step::broken;
        ++at_;
        // A comma promises another item: its absence is noticed since a closing bracket starts
        // none.
        return Step::item;
    }

    bool key(std::string_view& name) {
        if (current() != '"' || !take_text(name) || current() != ':') return false;
        ++at_;
        return true;
    }

    bool take_text(std::string_view& text) {
        std::string_view raw;
        if (!take_raw(raw)) return false;
        if (!has_escape(raw)) {
            text = raw;
            return true;
        }
        return unescape(raw, text);
    }

    bool take_blob(Bytes& to, std::string& wrong) {
        std::string_view text;
        if (!take_raw(text)) return false;
        size_t size_max = base64::decoded_size_max(text.size());
        std::byte* memory = arena_.allocate(size_max);
        base64::Decoded decoded = base64::decode(text, memory);
        if (decoded.fault != base64::Fault::none && has_escape(text)) {  // PHP writes "\/"
            if (!unescape(text, text)) return false;
            memory = arena_.allocate(base64::decoded_size_max(text.size()));
            decoded = base64::decode(text, memory);
        }
        if (decoded.fault != base64::Fault::none) wrong = base64_fault(text, decoded);
        to = Bytes(memory, decoded.size);
        return true;
    }

    bool take_boolean(bool& value) {
        std::string_view token = take_token();
        value = token == "true";
        return value || token == "false";
    }

    bool take_number(Number& number) { return parse_number(take_token(), number); }

    // Seconds, fractions allowed.
    static int64_t timestamp_ms(const Number& seconds) {
        constexpr int64_t exact_max = std::numeric_limits<int64_t>::max() / 1000;
        int64_t whole = seconds.integer;
        if (seconds.integral && whole <= exact_max && whole >= -exact_max) return whole * 1000;
        double real = seconds.integral ? static_cast<double>(whole) : seconds.real;
        return rounded(real * 1000);
    }

    // Reads any value to its end, checking all of it.
    bool skip(int depth) {
        Found found = peek();
        std::string_view text;
        Number number;
        bool boolean = false;
        switch (found) {
            case Found::null:
                return take_token() == "null";
            case Found::boolean:
                return take_boolean(boolean);
            case Found::number:
                return take_number(number);
            case Found::text:
                return take_text(text);
            case Found::list:
            case Found::map:
                return skip_nest(found == Found::map, depth);
            default:
                return false;
        }
    }

private:
    size_t start_of(size_t token) const { return token < count_ ? starts_[token] : body_.size(); }
    char current() const { return at_ < count_ ? body_[starts_[at_]] : '\0'; }

    static bool has_escape(std::string_view raw) {
        return !raw.empty() && std::memchr(raw.data(), '\\', raw.size()) != nullptr;
    }

    // From a token's start to the next one's, without the blanks between.
    std::string_view take_token() {
        size_t start = start_of(at_), end = start_of(at_ + 1);
        while (end > start && is_blank(body_[end - 1])) --end;
        ++at_;
        return body_.substr(start, end - start);
    }

    // The inside of a string.
    bool take_raw(std::string_view& raw) {
        std::string_view token = take_token();
        if (token.size() < 2 || token.back() != '"') return false;  // something stuck to its end
        raw = token.substr(1, token.size() - 2);
        return true;
    }

    bool unescape(std::string_view raw, std::string_view& text) {
        auto* to = reinterpret_cast<char*>(arena_.allocate(raw.size()));
        size_t size = 0;
        if (!Unescaper(raw).into(to, size)) return false;
        text = {to, size};
        return true;
    }

    bool skip_nest(bool map, int depth) {
        if (depth >= depth_max) return false;
        Nest nest;
        if (!open(nest)) return false;
        Step step = next(nest);
        for (; step == Step::item; step = next(nest)) {
            std::string_view name;
            if (map && !key(name)) return false;
            if (!skip(depth + 1)) return false;
        }
        return step == Step::end;
    }

    std::string_view body_;
    const uint32_t* starts_;
    size_t count_;
    Arena& arena_;
    size_t at_ = 0;
};

// Memory of the index is kept from body to body (four bytes for each byte of the longest), unless
// that one was huge.
constexpr size_t index_kept_max = size_t{2} << 20;
constexpr size_t index_bytes_min = 4096;

bool reserve_index(std::unique_ptr<Index>& index, size_t body_bytes) {
    size_t capacity = std::max(body_bytes, index_bytes_min);
    if (index && index->capacity() >= capacity) return true;
    index.reset();
    return simdjson::get_active_implementation()->create_dom_parser_implementation(
               capacity, size_t{1}, index) == simdjson::SUCCESS;
}

}  // namespace

Result<> decode_json(std::string_view body, Arena& arena, const Table& shape, void* object,
                     DecodeOptions options) {
    static thread_local std::unique_ptr<Index>
        index;  // scratch memory only, no state between calls
    if (body.empty() || !reserve_index(index, body.size())) return fail(Code::serialization, "");
    const auto* bytes = reinterpret_cast<const uint8_t*>(body.data());
    Result<> result = fail(Code::serialization, "");
    if (index->stage1(bytes, body.size(), simdjson::stage1_mode::regular) == simdjson::SUCCESS) {
        JsonReader reader(body, *index, arena);
        result = Decoder<JsonReader>(reader, options).body(shape, object);
    }
    if (index->capacity() > index_kept_max) index.reset();
    return result;
}

bool is_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

}  // namespace fors::wire
