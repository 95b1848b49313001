// SPDX-License-Identifier: Apache-2.0
// Validation of requests in AWS's words. What is in order costs no allocation: paths live on the
// stack until one is printed.
#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "wire/fault.h"
#include "wire/wire.h"

namespace fors::wire {
namespace {

constexpr int entries_max = 10;

template <class T>
const T& as(const void* value) {
    return *static_cast<const T*>(value);
}

// Where a value stands: a member by its name, or an element by its number.
struct Place {
    const Place* parent = nullptr;
    std::string_view name;
    size_t number = 0;

    void print(std::string& out) const {
        if (parent) {
            parent->print(out);
            out += '.';
        }
        if (name.empty()) {
            out += std::to_string(number) + ".member";
        } else {
            bool upper = name[0] >= 'A' && name[0] <= 'Z';
            out += upper ? static_cast<char>(name[0] - 'A' + 'a') : name[0];
            out += name.substr(1);
        }
    }
};

// Characters lie between a quarter of the bytes and all of them: mostly that is enough to know.
bool at_least(std::string_view text, int64_t min) {
    auto bytes = static_cast<int64_t>(text.size());
    if ((bytes + 3) / 4 >= min) return true;
    return bytes >= min && static_cast<int64_t>(characters(text)) >= min;
}
bool at_most(std::string_view text, int64_t max) {
    return static_cast<int64_t>(text.size()) <= max ||
           static_cast<int64_t>(characters(text)) <= max;
}

bool is_allowed(std::string_view text, const Limits& limits) {
    return limits.values.empty() || std::ranges::find(limits.values, text) != limits.values.end();
}
bool matches(std::string_view text, const Limits& limits) {
    return !limits.matches || limits.matches(text);
}
bool fits(std::string_view text, const Limits& limits) {
    return (limits.min == Limits::none || at_least(text, limits.min)) &&
           (limits.max == Limits::none || at_most(text, limits.max)) && matches(text, limits) &&
           is_allowed(text, limits);
}

// The constraints' wording.
std::string bound(std::string_view what, std::string_view side, int64_t limit) {
    std::string text = "Member must have ";
    text += what;
    text += side;
    return text += std::to_string(limit);
}
constexpr std::string_view not_below = " greater than or equal to ",
                           not_above = " less than or equal to ";

std::string pattern_text(const Limits& limits) {
    return "Member must satisfy regular expression pattern: " + std::string(limits.pattern);
}
std::string enum_text(const Limits& limits) {
    std::string text = "Member must satisfy enum value set: [";
    for (size_t i = 0; i < limits.values.size(); ++i) {
        if (i) text += ", ";
        text += limits.values[i];
    }
    return text += ']';
}

// All constraints of a list's elements, a map's keys or its values.
std::string members_text(const Limits& limits) {
    std::string text;
    auto add = [&](const std::string& constraint) {
        if (!text.empty()) text += ", ";
        text += constraint;
    };
    if (limits.max != Limits::none) add(bound("length", not_above, limits.max));
    if (limits.min != Limits::none) add(bound("length", not_below, limits.min));
    if (!limits.pattern.empty()) add(pattern_text(limits));
    if (!limits.values.empty()) add(enum_text(limits));
    return "[" + text + "]";
}

// A structure prints as a Java object: its name and some hash, here of its place in the list.
void print_object(std::string_view name, size_t at, std::string& out) {
    std::array<char, 8> hash;
    auto mixed = static_cast<uint32_t>((at + 1) * 2654435761u);
    char* end = std::to_chars(hash.data(), hash.data() + hash.size(), mixed, 16).ptr;
    out += name;
    out += '@';
    out.append(hash.data(), end);
}

void print_list(const Field& field, const void* elements, std::string& out) {
    out += '[';
    size_t count = field.access.count(elements);
    for (size_t i = 0; i < count; ++i) {
        if (i) out += ", ";
        if (field.element_kind == Kind::structure)
            print_object(field.shape->name, i, out);
        else if (field.element_kind == Kind::text)
            out += as<std::string_view>(field.access.element(elements, i));
    }
    out += ']';
}

void print_map(const Map& entries, std::string& out) {
    out += '{';
    for (size_t i = 0; i < entries.size(); ++i) {
        if (i) out += ", ";
        out += entries[i].first;
        out += '=';
        out += entries[i].second;
    }
    out += '}';
}

std::string printed(const Field& field, const void* value) {
    std::string out;
    switch (field.kind) {
        case Kind::text:
            out = as<std::string_view>(value);
            break;
        case Kind::blob: {
            std::string size = std::to_string(as<Bytes>(value).size());
            out = "java.nio.HeapByteBuffer[pos=0 lim=" + size + " cap=" + size + "]";
            break;
        }
        case Kind::int32:
            out = std::to_string(as<int32_t>(value));
            break;
        case Kind::int64:
            out = std::to_string(as<int64_t>(value));
            break;
        case Kind::real:
            out = std::to_string(as<double>(value));
            break;
        case Kind::boolean:
            out = as<bool>(value) ? "true" : "false";
            break;
        case Kind::timestamp:
            out = std::to_string(as<Timestamp>(value).ms);
            break;
        case Kind::structure:
            print_object(field.shape->name, 0, out);
            break;
        case Kind::list:
            print_list(field, value, out);
            break;
        case Kind::map:
            print_map(as<Map>(value), out);
            break;
    }
    if (out.size() > clipped(out).size()) out = std::string(clipped(out)) + "...";
    return out;
}

class Validation {
public:
    void structure(const Table& shape, const void* object, const Place* parent) {
        for (const Field& field : shape.fields) {
            const void* value = field.access.peek(object);
            Place place{parent, field.name, 0};
            if (value)
                member(field, value, place);
            else if (field.presence == Presence::required)
                entry(field, nullptr, place, "Member must not be null");
            if (entries_ == entries_max) return;
        }
    }

    std::optional<std::string> report() const {
        if (entries_ == 0) return std::nullopt;
        std::string text = std::to_string(entries_) + " validation error";
        if (entries_ > 1) text += 's';
        return text + " detected: " + text_;
    }

private:
    void member(const Field& field, const void* value, const Place& place) {
        switch (field.kind) {
            case Kind::text:
                return text(field, as<std::string_view>(value), place);
            case Kind::blob:
                return length(field, value, as<Bytes>(value).size(), place);
            case Kind::int32:
                return range(field, value, as<int32_t>(value), place);
            case Kind::int64:
                return range(field, value, as<int64_t>(value), place);
            case Kind::real:
            case Kind::boolean:
            case Kind::timestamp:
                return;
            case Kind::structure:
                return structure(*field.shape, value, &place);
            case Kind::list:
                return list(field, value, place);
            case Kind::map:
                return map(field, value, place);
        }
    }

    void text(const Field& field, const std::string_view& value, const Place& place) {
        const Limits& limits = field.limits;
        if (!is_allowed(value, limits)) return entry(field, &value, place, enum_text(limits));
        if (!matches(value, limits)) entry(field, &value, place, pattern_text(limits));
        if (limits.min != Limits::none && !at_least(value, limits.min))
            entry(field, &value, place, bound("length", not_below, limits.min));
        if (limits.max != Limits::none && !at_most(value, limits.max))
            entry(field, &value, place, bound("length", not_above, limits.max));
    }

    void length(const Field& field, const void* value, size_t size, const Place& place) {
        bounds(field, value, static_cast<int64_t>(size), place, "length");
    }
    void range(const Field& field, const void* value, int64_t number, const Place& place) {
        bounds(field, value, number, place, "value");
    }
    void bounds(const Field& field, const void* value, int64_t size, const Place& place,
                std::string_view what) {
        const Limits& limits = field.limits;
        if (limits.min != Limits::none && size < limits.min)
            entry(field, value, place, bound(what, not_below, limits.min));
        if (limits.max != Limits::none && size > limits.max)
            entry(field, value, place, bound(what, not_above, limits.max));
    }

    void list(const Field& field, const void* elements, const Place& place) {
        size_t count = field.access.count(elements);
        length(field, elements, count, place);
        const Limits* limits = field.limits.element;
        for (size_t i = 0; i < count && entries_ < entries_max; ++i) {
            const void* element = field.access.element(elements, i);
            if (field.element_kind == Kind::structure) {
                Place at{&place, {}, i + 1};
                structure(*field.shape, element, &at);
            } else if (field.element_kind == Kind::text && limits &&
                       !fits(as<std::string_view>(element), *limits)) {
                return entry(field, elements, place,
                             "Member must satisfy constraint: " + members_text(*limits));
            }
        }
    }

    void map(const Field& field, const void* value, const Place& place) {
        const Map& entries = as<Map>(value);
        length(field, value, entries.size(), place);
        const Limits *key = field.limits.key, *element = field.limits.element;
        auto misfit = [](const Limits* limits, std::string_view text) {
            return limits && !fits(text, *limits);
        };
        if (std::ranges::any_of(entries, [&](const auto& e) { return misfit(key, e.first); }))
            entry(field, value, place, "Map keys must satisfy constraint: " + members_text(*key));
        if (std::ranges::any_of(entries, [&](const auto& e) { return misfit(element, e.second); }))
            entry(field, value, place,
                  "Map value must satisfy constraint: " + members_text(*element));
    }

    // `value` is nullptr when there is none.
    void entry(const Field& field, const void* value, const Place& place,
               std::string_view constraint) {
        if (entries_ == entries_max) return;
        if (entries_++ > 0) text_ += "; ";
        text_ += "Value ";
        if (!field.limits.value_hidden)
            text_ += value ? "'" + printed(field, value) + "' " : "null ";
        text_ += "at '";
        place.print(text_);
        text_ += "' failed to satisfy constraint: ";
        text_ += constraint;
    }

    int entries_ = 0;
    std::string text_;
};

}  // namespace

std::optional<std::string> validate(const Table& shape, const void* object) {
    Validation validation;
    validation.structure(shape, object, nullptr);
    return validation.report();
}

}  // namespace fors::wire
