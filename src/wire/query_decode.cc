// SPDX-License-Identifier: Apache-2.0
// Bodies of AWS's query protocol: application/x-www-form-urlencoded, in which "A.member.2.B" is
// member B of the second element of list A.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <ctime>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/base64.h"
#include "wire/decoder.h"
#include "wire/engine.h"

namespace fors::wire {
namespace {

constexpr size_t elements_max = 100'000;
constexpr std::string_view element_word = "member.";

struct Pair {
    std::string_view name, value;
};

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// False when a percent sign stands alone.
bool unescape(std::string_view raw, Arena& arena, std::string_view& text) {
    if (raw.find_first_of("%+") == raw.npos) {
        text = raw;
        return true;
    }
    auto* start = reinterpret_cast<char*>(arena.allocate(raw.size()));
    char* to = start;
    for (size_t at = 0; at < raw.size(); ++at) {
        if (raw[at] != '%') {
            *to++ = raw[at] == '+' ? ' ' : raw[at];
            continue;
        }
        if (raw.size() - at < 3) return false;
        const int high = hex_value(raw[at + 1]), low = hex_value(raw[at + 2]);
        if (high < 0 || low < 0) return false;
        *to++ = static_cast<char>(high << 4 | low);
        at += 2;
    }
    text = {start, static_cast<size_t>(to - start)};
    return true;
}

// Which 31 February is none of.
bool is_day(const std::tm& parts) {
    using namespace std::chrono;
    return year_month_day(year(parts.tm_year + 1900),
                          month(static_cast<unsigned>(parts.tm_mon) + 1),
                          day(static_cast<unsigned>(parts.tm_mday)))
        .ok();
}

// "2026-11-24T12:00:00Z", a fraction and an offset allowed; or seconds.
std::optional<int64_t> time_of(std::string_view text) {
    std::tm parts{};
    const std::string copy(text);
    const char* rest = strptime(copy.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
    double number = 0;
    if (!rest) {
        const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
        if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() ||
            !std::isfinite(number))
            return std::nullopt;
        return rounded(number * 1000);
    }
    if (!is_day(parts)) return std::nullopt;
    int64_t ms = static_cast<int64_t>(timegm(&parts)) * 1000;
    if (*rest == '.') {
        const auto parsed =
            std::from_chars(rest, copy.c_str() + copy.size(), number, std::chars_format::fixed);
        if (parsed.ec != std::errc()) return std::nullopt;
        ms += rounded(number * 1000);
        rest = parsed.ptr;
    }
    const char* end = copy.c_str() + copy.size();  // there may be zeros before it
    if (rest == end || std::string_view(rest, end) == "Z") return ms;
    std::tm offset{};
    if ((*rest != '+' && *rest != '-') || strptime(rest + 1, "%H:%M", &offset) != end)
        return std::nullopt;
    const int64_t minutes = offset.tm_hour * 60 + offset.tm_min;
    return ms + (*rest == '-' ? minutes : -minutes) * 60'000;
}

class QueryDecoder {
public:
    QueryDecoder(Arena& arena, DecodeOptions options) : arena_(arena), options_(options) {}

    Result<> body(std::string_view body, const Table& shape, void* object) {
        std::vector<Pair> pairs;
        for (size_t at = 0; at < body.size();) {
            const size_t end = std::min(body.find('&', at), body.size());
            const std::string_view part = body.substr(at, end - at);
            const size_t equals = std::min(part.find('='), part.size());
            Pair pair;
            if (!unescape(part.substr(0, equals), arena_, pair.name) ||
                !unescape(part.substr(std::min(equals + 1, part.size())), arena_, pair.value) ||
                !is_utf8(pair.name) || !is_utf8(pair.value))
                return fail(Code::serialization, "");
            if (!pair.name.empty() && pair.name != "Action" && pair.name != "Version" &&
                (options_.strict || is_of(shape, pair.name)))
                pairs.push_back(pair);
            at = end + 1;
        }
        structure(shape, object, pairs, 1);
        if (!fault_.empty()) return fail(Code::serialization, std::move(fault_));
        return {};
    }

private:
    void fault(std::string text) {
        if (fault_.empty()) fault_ = std::move(text);
    }

    // What is no member's is not kept: of two bytes it would make thirty.
    static bool is_of(const Table& shape, std::string_view name) {
        const std::string_view member = name.substr(0, name.find('.'));
        return std::ranges::find(shape.fields, member, &Field::name) != shape.fields.end();
    }

    // The pairs below `name`, their names without it.
    static std::vector<Pair> below(const std::vector<Pair>& pairs, std::string_view name) {
        std::vector<Pair> found;
        for (const Pair& pair : pairs)
            if (pair.name.size() > name.size() && pair.name.starts_with(name) &&
                pair.name[name.size()] == '.')
                found.push_back({pair.name.substr(name.size() + 1), pair.value});
        return found;
    }

    void structure(const Table& shape, void* object, const std::vector<Pair>& pairs, int depth) {
        if (depth > depth_max) return fault("Nested too deeply");
        size_t known = 0;
        for (const Field& field : shape.fields) {
            const auto value = std::ranges::find(pairs, field.name, &Pair::name);
            const std::vector<Pair> inside = below(pairs, field.name);
            known += inside.size() + (value != pairs.end() ? 1 : 0);
            if (field.kind == Kind::structure && !inside.empty())
                structure(*field.shape, field.access.address(object), inside, depth + 1);
            else if (field.kind == Kind::list && !inside.empty())
                list(field, field.access.address(object), inside, depth + 1);
            else if (field.kind != Kind::structure && field.kind != Kind::list &&
                     value != pairs.end())
                scalar(field.kind, field.access.address(object), value->value);
        }
        if (options_.strict && known < pairs.size()) fault("Unknown member");
    }

    // Elements in the order of their numbers.
    void list(const Field& field, void* elements, const std::vector<Pair>& pairs, int depth) {
        std::map<uint64_t, std::vector<Pair>> numbered;
        for (const Pair& pair : pairs) {
            if (!pair.name.starts_with(element_word)) continue;
            const std::string_view name = pair.name.substr(element_word.size());
            uint64_t number = 0;
            const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
            const auto digits = static_cast<size_t>(parsed.ptr - name.data());
            if (parsed.ec != std::errc() || (digits < name.size() && name[digits] != '.'))
                return fault("A member of a list has no number");
            numbered[number].push_back(
                {name.substr(std::min(digits + 1, name.size())), pair.value});
        }
        for (const auto& [number, inside] : numbered) {
            if (field.access.count(elements) == elements_max) return too_many(field.limits);
            void* slot = field.access.add(elements);
            if (field.element_kind == Kind::structure)
                structure(*field.shape, slot, inside, depth + 1);
            else if (inside.front().name.empty())
                scalar(field.element_kind, slot, inside.front().value);
        }
    }

    // Validation says so of what has a limit.
    void too_many(const Limits& limits) {
        if (limits.max == Limits::none)
            fault("More than " + std::to_string(elements_max) + " elements");
    }

    void scalar(Kind kind, void* to, std::string_view value) {
        switch (kind) {
            case Kind::text:
                *static_cast<std::string_view*>(to) = value;
                return;
            case Kind::int32:
            case Kind::int64:
                return integer(kind, to, value);
            case Kind::real:
                return real(*static_cast<double*>(to), value);
            case Kind::boolean:
                if (const auto converted = boolean_of(value))
                    *static_cast<bool*>(to) = *converted;
                else
                    fault(boolean_fault(value));
                return;
            case Kind::timestamp:
                if (const auto ms = time_of(value))
                    *static_cast<Timestamp*>(to) = to_timestamp(*ms);
                else
                    fault(type_fault(kind, Found::text));
                return;
            case Kind::blob:
                return blob(*static_cast<Bytes*>(to), value);
            default:
                return fault("A map can't be given in a query");
        }
    }

    void integer(Kind kind, void* to, std::string_view value) {
        int64_t number = 0;
        const auto parsed = std::from_chars(value.data(), value.data() + value.size(), number);
        if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size())
            return fault(type_fault(kind, Found::text));
        if (kind == Kind::int64)
            *static_cast<int64_t*>(to) = number;
        else
            *static_cast<int32_t*>(to) = static_cast<int32_t>(
                to_integer({.integer = number}, std::numeric_limits<int32_t>::min(),
                           std::numeric_limits<int32_t>::max()));
    }

    void real(double& to, std::string_view value) {
        const auto parsed = std::from_chars(value.data(), value.data() + value.size(), to);
        if (parsed.ec != std::errc() || parsed.ptr != value.data() + value.size())
            fault(type_fault(Kind::real, Found::text));
    }

    void blob(Bytes& to, std::string_view value) {
        std::byte* memory = arena_.allocate(base64::decoded_size_max(value.size()));
        const base64::Decoded decoded = base64::decode(value, memory);
        if (decoded.fault != base64::Fault::none) fault(base64_fault(value, decoded));
        to = Bytes(memory, decoded.size);
    }

    Arena& arena_;
    DecodeOptions options_;
    std::string fault_;
};

}  // namespace

Result<> decode_query(std::string_view body, Arena& arena, const Table& shape, void* object,
                      DecodeOptions options) {
    return QueryDecoder(arena, options).body(body, shape, object);
}

}  // namespace fors::wire
