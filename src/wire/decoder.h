// SPDX-License-Identifier: Apache-2.0
// Decoder: fills a struct by its shape table from a Reader of one format (json_decode.cc,
// cbor_decode.cc).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "wire/fault.h"
#include "wire/shape.h"
#include "wire/wire.h"

namespace fors::wire {

// Unknown members may nest this deep; shapes never come near.
inline constexpr int depth_max = 64;

// A number as it stood in the body; `real` only when it is no integer or too large for one.
struct Number {
    bool integral = true;
    int64_t integer = 0;
    double real = 0;
};

enum class Step : uint8_t { item, end, broken };

// An open list or map.
struct Nest {
    bool first = true;
    bool indefinite = false;  // CBOR
    uint64_t left = 0;        // CBOR: items of a definite one
    char close = 0;           // JSON
};

// Fractions are floored, what is too large is clamped.
inline int64_t to_integer(const Number& number, int64_t min, int64_t max) {
    if (number.integral) return std::clamp(number.integer, min, max);
    double whole = std::floor(number.real);
    if (std::isnan(whole)) return 0;
    if (whole >= static_cast<double>(max)) return max;
    if (whole <= static_cast<double>(min)) return min;
    return static_cast<int64_t>(whole);
}

// A time within 70,000 years of 1970: whoever reckons with it stays within 64 bits, and a double of
// seconds keeps its milliseconds.
inline Timestamp to_timestamp(int64_t ms) {
    constexpr int64_t max = int64_t{1} << 51;
    return {std::clamp(ms, -max, max)};
}

inline int64_t rounded(double ms) {
    Number number{.integral = false, .real = std::round(ms)};
    return to_integer(number, std::numeric_limits<int64_t>::min() + 1,
                      std::numeric_limits<int64_t>::max());
}

// A Reader stands before a value. `peek` says which; each take_… consumes a value of its kind,
// `skip` any. All give false when the body is broken. A type fault is remembered (the first one
// only) and the rest of the body is still read: a body that cannot be parsed is refused as such,
// whatever faults came before.
template <class Reader>
class Decoder {
public:
    Decoder(Reader& in, DecodeOptions options) : in_(in), options_(options) {}

    Result<> body(const Table& shape, void* object) {
        Found found = in_.peek();
        bool read = false;
        if (found == Found::map) {
            read = structure(shape, object, 1);
        } else if (found == Found::list) {
            read = mismatch(Kind::structure, found, 1);
        }
        if (!read || !in_.at_end()) return fail(Code::serialization, "");
        if (faulted_) return fail(Code::serialization, std::move(fault_));
        return {};
    }

private:
    // Elements kept of a list or map: well beyond what validation lets pass.
    static constexpr size_t elements_kept_min = 1000;
    static constexpr size_t elements_kept_unlimited = 100'000;
    static constexpr size_t elements_reserved_max = 1024;
    // Of keys in all maps of a body: nobody looks for the same among thousands, again and again.
    static constexpr size_t comparisons_max = 500'000;

    size_t elements_kept(const Limits& limits) const {
        if (options_.stored) return std::numeric_limits<size_t>::max();
        if (limits.max == Limits::none) return elements_kept_unlimited;
        return std::max(static_cast<size_t>(limits.max) + 1, elements_kept_min);
    }
    // Validation says so of what has a limit.
    void check_kept(size_t count, const Limits& limits) {
        if (limits.max == Limits::none && count > elements_kept(limits))
            fault("More than " + std::to_string(elements_kept_unlimited) + " elements");
    }

    void fault(std::string text) {
        if (!faulted_) fault_ = std::move(text);
        faulted_ = true;
    }

    bool mismatch(Kind wanted, Found found, int depth) {
        if (found == Found::broken) return false;
        if (found != Found::null) fault(type_fault(wanted, found));
        return in_.skip(depth);
    }

    bool structure(const Table& shape, void* object, int depth) {
        Nest nest;
        if (!in_.open(nest)) return false;
        size_t expected =
            0;  // members mostly come in the table's order, or at least always in the same
        Step step = in_.next(nest);
        for (; step == Step::item; step = in_.next(nest)) {
            std::string_view name;
            if (!in_.key(name)) return false;
            const Field* known = find(shape, name, expected);
            if (known) {
                if (!member(*known, object, depth)) return false;
                continue;
            }
            if (options_.strict) fault("Unknown member '" + std::string(clipped(name)) + "'");
            if (!in_.skip(depth)) return false;
        }
        return step == Step::end;
    }

    static const Field* find(const Table& shape, std::string_view name, size_t& expected) {
        size_t count = shape.fields.size();
        for (size_t i = 0; i < count; ++i) {
            size_t at = expected + i;
            if (at >= count) at -= count;
            if (shape.fields[at].name != name) continue;
            expected = at + 1 == count ? 0 : at + 1;
            return &shape.fields[at];
        }
        return nullptr;
    }

    bool member(const Field& field, void* object, int depth) {
        Found found = in_.peek();
        switch (field.kind) {
            case Kind::text:
                if (found != Found::text) break;
                return in_.take_text(at<std::string_view>(field, object));
            case Kind::blob:
                if (found != Reader::blob_form) break;
                return blob(at<Bytes>(field, object));
            case Kind::boolean:
                if (found != Found::boolean && found != Found::text) break;
                return boolean(found, field, object);
            case Kind::int32:
            case Kind::int64:
            case Kind::real:
            case Kind::timestamp:
                if (!is_number(field.kind, found)) break;
                return number(found, field.kind, field.access.address(object));
            case Kind::structure:
                if (found != Found::map) break;
                return structure(*field.shape, field.access.address(object), depth + 1);
            case Kind::list:
                if (found != Found::list) break;
                return list(field, field.access.address(object), depth + 1);
            case Kind::map:
                if (found != Found::map) break;
                return map(field, at<Map>(field, object), depth + 1);
        }
        return mismatch(field.kind, found, depth);
    }

    template <class T>
    static T& at(const Field& field, void* object) {
        return *static_cast<T*>(field.access.address(object));
    }

    bool blob(Bytes& to) {
        std::string wrong;
        if (!in_.take_blob(to, wrong)) return false;
        if (!wrong.empty()) fault(std::move(wrong));
        return true;
    }

    bool boolean(Found found, const Field& field, void* object) {
        bool value = false;
        if (found == Found::boolean) {
            if (!in_.take_boolean(value)) return false;
        } else {
            std::string_view text;
            if (!in_.take_text(text)) return false;
            auto converted = boolean_of(text);
            if (!converted) fault(boolean_fault(text));
            value = converted.value_or(false);
        }
        at<bool>(field, object) = value;
        return true;
    }

    static bool is_number(Kind kind, Found found) {
        return found == Found::number ||
               (found == Found::text && kind == Kind::real && Reader::reals_as_text);
    }

    bool number(Found found, Kind kind, void* to) {
        if (found == Found::text) return real(*static_cast<double*>(to));
        using Small = std::numeric_limits<int32_t>;
        using Large = std::numeric_limits<int64_t>;
        Number value;
        if (!in_.take_number(value)) return false;
        if (kind == Kind::int32)
            *static_cast<int32_t*>(to) =
                static_cast<int32_t>(to_integer(value, Small::min(), Small::max()));
        else if (kind == Kind::int64)
            *static_cast<int64_t*>(to) = to_integer(value, Large::min(), Large::max());
        else if (kind == Kind::real)
            *static_cast<double*>(to) =
                value.integral ? static_cast<double>(value.integer) : value.real;
        else
            *static_cast<Timestamp*>(to) = to_timestamp(in_.timestamp_ms(value));
        return true;
    }

    // One of those that have no digits.
    bool real(double& to) {
        std::string_view text;
        if (!in_.take_text(text)) return false;
        const auto converted = real_of(text);
        if (!converted) fault(type_fault(Kind::real, Found::text));
        to = converted.value_or(0);
        return true;
    }

    bool list(const Field& field, void* elements, int depth) {
        Nest nest;
        size_t start = in_.offset();
        if (!in_.open(nest)) return false;
        const size_t kept = elements_kept(field.limits);
        size_t count = 0;
        void* slot = nullptr;
        Step step = in_.next(nest);
        for (; step == Step::item; step = in_.next(nest)) {
            if (count < kept) slot = field.access.add(elements);
            ++count;
            if (!element(field, slot, depth)) return false;
            // Once per body: as many as fit into the rest if all are like the first.
            if (count == 1 && depth == 2) {
                size_t more = in_.remaining() / (in_.offset() - start) + 1;
                field.access.reserve(elements, std::min({more, kept, elements_reserved_max}));
            }
        }
        check_kept(count, field.limits);
        return step == Step::end;
    }

    // A null is an element with nothing in it.
    bool element(const Field& field, void* slot, int depth) {
        if (field.element_kind == Kind::text)
            return text(*static_cast<std::string_view*>(slot), depth);
        Found found = in_.peek();
        if (field.element_kind != Kind::structure)
            return is_number(field.element_kind, found)
                       ? number(found, field.element_kind, slot)
                       : mismatch(field.element_kind, found, depth);
        if (found != Found::map) return mismatch(Kind::structure, found, depth);
        return structure(*field.shape, slot, depth + 1);
    }

    bool text(std::string_view& to, int depth) {
        Found found = in_.peek();
        if (found == Found::text) return in_.take_text(to);
        return mismatch(Kind::text, found, depth);
    }

    // A key that comes again replaces its value.
    bool map(const Field& field, Map& entries, int depth) {
        Nest nest;
        if (!in_.open(nest)) return false;
        const size_t kept = elements_kept(field.limits);
        Step step = in_.next(nest);
        for (; step == Step::item; step = in_.next(nest)) {
            std::string_view key, value;
            if (!in_.key(key) || !text(value, depth)) return false;
            auto known = entries.end();
            if (compared_ < comparisons_max) {
                compared_ += entries.size();
                known = std::ranges::find(entries, key, [](const auto& e) { return e.first; });
            }
            if (known != entries.end())
                known->second = value;
            else if (entries.size() < kept)
                entries.emplace_back(key, value);
            else
                check_kept(entries.size() + 1, field.limits);
        }
        return step == Step::end;
    }

    Reader& in_;
    DecodeOptions options_;
    size_t compared_ = 0;
    bool faulted_ = false;
    std::string fault_;
};

}  // namespace fors::wire
