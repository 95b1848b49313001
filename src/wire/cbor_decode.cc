// SPDX-License-Identifier: Apache-2.0
// CBOR bodies (RFC 8949): definite and indefinite lengths, integers of any width, tags looked
// through. A claimed length is believed only as far as there are bytes to back it.
#include <cmath>
#include <cstring>

#include "wire/decoder.h"
#include "wire/engine.h"

namespace fors::wire {
namespace {

enum class Major : uint8_t { positive, negative, bytes, text, list, map, tag, simple };

constexpr uint8_t indefinite_low = 31;
constexpr uint8_t break_byte = 0xff;

// The first byte of an item and the number that belongs to it.
struct Head {
    Major major = Major::simple;
    uint8_t low = 0;
    uint64_t number = 0;
    bool indefinite() const { return low == indefinite_low; }
};

double half_to_double(uint64_t bits) {
    int exponent = static_cast<int>(bits >> 10 & 31);
    auto mantissa = static_cast<double>(bits & 0x3ff);
    double value = 0;
    if (exponent == 0)
        value = std::ldexp(mantissa, -24);
    else if (exponent == 31)
        value = mantissa == 0 ? HUGE_VAL : std::nan("");
    else
        value = std::ldexp(mantissa + 1024, exponent - 25);
    return bits & 0x8000 ? -value : value;
}

class CborReader {
public:
    static constexpr Found blob_form = Found::bytes;
    static constexpr bool reals_as_text = false;

    CborReader(std::string_view body, Arena& arena, bool seconds)
        : body_(body), arena_(arena), seconds_(seconds) {}

    bool at_end() const { return at_ == body_.size(); }
    size_t offset() const { return at_; }
    size_t remaining() const { return body_.size() - at_; }

    // Passes over tags.
    Found peek() {
        while (!at_end() && byte_at(at_) >> 5 == static_cast<uint8_t>(Major::tag)) {
            Head tag;
            if (!take_head(tag) || tag.indefinite()) return Found::broken;
        }
        if (at_end()) return Found::broken;
        switch (static_cast<Major>(byte_at(at_) >> 5)) {
            case Major::positive:
            case Major::negative:
                return Found::number;
            case Major::bytes:
                return Found::bytes;
            case Major::text:
                return Found::text;
            case Major::list:
                return Found::list;
            case Major::map:
                return Found::map;
            default:
                return peek_simple(byte_at(at_) & 31);
        }
    }

    bool open(Nest& nest) {
        Head head;
        if (!take_head(head)) return false;
        nest.indefinite = head.indefinite();
        nest.left = head.number;
        return true;
    }

    Step next(Nest& nest) {
        if (!nest.indefinite) return nest.left-- == 0 ? Step::end : Step::item;
        if (at_end()) return Step::broken;
        if (byte_at(at_) != break_byte) return Step::item;
        ++at_;
        return Step::end;
    }

    bool key(std::string_view& name) { return peek() == Found::text && take_text(name); }

    bool take_text(std::string_view& text) {
        Bytes bytes;
        if (!take_string(Major::text, bytes)) return false;
        text = as_text(bytes);
        return is_utf8(text);
    }

    bool take_blob(Bytes& to, std::string&) { return take_string(Major::bytes, to); }

    bool take_boolean(bool& value) {
        value = byte_at(at_++) == 0xf5;
        return true;
    }

    bool take_number(Number& number) {
        Head head;
        if (!take_head(head) || head.indefinite()) return false;
        if (head.major == Major::simple) {
            number.integral = false;
            number.real = real(head);
            return true;
        }
        const bool positive = head.major == Major::positive;
        number.integral = head.number <= std::numeric_limits<int64_t>::max();
        if (number.integral) {
            const auto magnitude = static_cast<int64_t>(head.number);
            number.integer = positive ? magnitude : -1 - magnitude;
        } else {
            const auto magnitude = static_cast<double>(head.number);
            number.real = positive ? magnitude : -1 - magnitude;
        }
        return true;
    }

    // Integers are milliseconds, as AWS has it. Floating numbers are seconds, as the standard has
    // it, unless that would be thousands of years from now. Smithy RPC has seconds throughout.
    int64_t timestamp_ms(const Number& number) const {
        constexpr double seconds_max = 1e11;
        if (seconds_)
            return rounded((number.integral ? static_cast<double>(number.integer) : number.real) *
                           1000);
        if (number.integral) return number.integer;
        return rounded(std::abs(number.real) < seconds_max ? number.real * 1000 : number.real);
    }

    // Reads any value to its end.
    bool skip(int depth) {
        Found found = peek();
        std::string_view text;
        Bytes bytes;
        Number number;
        switch (found) {
            case Found::null:
            case Found::boolean:
                ++at_;
                return true;
            case Found::number:
                return take_number(number);
            case Found::text:
                return take_text(text);
            case Found::bytes:
                return take_string(Major::bytes, bytes);
            case Found::list:
            case Found::map:
                return skip_nest(found == Found::map, depth);
            default:
                return false;
        }
    }

private:
    uint8_t byte_at(size_t at) const { return static_cast<uint8_t>(body_[at]); }

    static Found peek_simple(int low) {
        switch (low) {
            case 20:
            case 21:
                return Found::boolean;
            case 22:
            case 23:
                return Found::null;
            case 25:
            case 26:
            case 27:
                return Found::number;
            default:
                return Found::broken;
        }
    }

    bool take_head(Head& head) {
        if (at_end()) return false;
        uint8_t first = byte_at(at_++);
        head.major = static_cast<Major>(first >> 5);
        head.low = first & 31;
        head.number = head.low;
        if (head.low < 24) return true;
        if (head.indefinite()) return head.major >= Major::bytes && head.major <= Major::map;
        if (head.low > 27) return false;
        size_t width = size_t{1} << (head.low - 24);
        if (remaining() < width) return false;
        head.number = 0;
        for (size_t i = 0; i < width; ++i) head.number = head.number << 8 | byte_at(at_++);
        return true;
    }

    static double real(const Head& head) {
        if (head.low == 25) return half_to_double(head.number);
        if (head.low == 26) {
            float value = 0;
            auto bits = static_cast<uint32_t>(head.number);
            std::memcpy(&value, &bits, sizeof value);
            return static_cast<double>(value);
        }
        double value = 0;
        std::memcpy(&value, &head.number, sizeof value);
        return value;
    }

    // A view into the body, or the chunks of an indefinite string put together.
    bool take_string(Major major, Bytes& bytes) {
        Head head;
        if (!take_head(head)) return false;
        if (!head.indefinite()) return take_bytes(head.number, bytes);
        size_t start = at_, total = 0;
        if (!chunks(major, [&](Bytes chunk) { total += chunk.size(); })) return false;
        std::byte* to = arena_.allocate(total);
        bytes = Bytes(to, total);
        at_ = start;
        return chunks(major, [&](Bytes chunk) {
            if (!chunk.empty()) std::memcpy(to, chunk.data(), chunk.size());
            to += chunk.size();
        });
    }

    template <class Each>
    bool chunks(Major major, Each each) {
        while (!at_end() && byte_at(at_) != break_byte) {
            Head head;
            Bytes chunk;
            if (!take_head(head) || head.major != major || head.indefinite()) return false;
            if (!take_bytes(head.number, chunk)) return false;
            each(chunk);
        }
        if (at_end()) return false;
        ++at_;
        return true;
    }

    bool take_bytes(uint64_t size, Bytes& bytes) {
        if (size > remaining()) return false;
        bytes = as_bytes(body_.substr(at_, size));
        at_ += size;
        return true;
    }

    bool skip_nest(bool map, int depth) {
        if (depth >= depth_max) return false;
        Nest nest;
        if (!open(nest)) return false;
        Step step = next(nest);
        for (; step == Step::item; step = next(nest)) {
            if (map && !skip(depth + 1)) return false;
            if (!skip(depth + 1)) return false;
        }
        return step == Step::end;
    }

    std::string_view body_;
    Arena& arena_;
    bool seconds_;
    size_t at_ = 0;
};

}  // namespace

Result<> decode_cbor(std::string_view body, Arena& arena, const Table& shape, void* object,
                     DecodeOptions options, bool seconds) {
    CborReader reader(body, arena, seconds);
    return Decoder<CborReader>(reader, options).body(shape, object);
}

}  // namespace fors::wire
