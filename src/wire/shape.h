// SPDX-License-Identifier: Apache-2.0
// Shape tables: each request and reply is a plain struct with a constexpr table of its members,
// from which one engine parses, validates and serialises in every format.
//
// Member types: text std::string_view, blob Bytes, int32_t, int64_t, double, bool, Timestamp,
// another shape, std::vector of a shape, of std::string_view, of double or of Timestamp, Map; each
// of them also as std::optional. What a request may leave out (even if it is then refused by
// validation) is optional in its struct. Views point into the body or the request's Arena.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace fors::wire {

// Milliseconds since 1970 UTC; seconds with a fraction in JSON, tag 1 and integer milliseconds in
// CBOR.
struct Timestamp {
    int64_t ms = 0;
    friend auto operator<=>(const Timestamp&, const Timestamp&) = default;
};

// A map of text to text, in order of arrival.
using Map = std::vector<std::pair<std::string_view, std::string_view>>;

enum class Kind : uint8_t {
    text,
    blob,
    int32,
    int64,
    real,
    boolean,
    timestamp,
    structure,
    list,
    map
};

// Constraints of a member as the service model states them. Lengths count Unicode characters
// (text), bytes (blob), elements (list, map); ranges are of values.
struct Limits {
    static constexpr int64_t none = std::numeric_limits<int64_t>::min();
    int64_t min = none;
    int64_t max = none;
    std::string_view pattern = {};                  // as AWS prints it, without anchors
    bool (*matches)(std::string_view) = nullptr;    // whole-string test of that pattern
    std::span<const std::string_view> values = {};  // enum, in the order AWS prints
    const Limits* element = nullptr;                // of a list's texts, or a map's values
    const Limits* key = nullptr;                    // of a map's keys
    bool value_hidden = false;  // AWS prints "Value at 'data'" without the value
};

// `nullable` is for replies: absent is written as null (GetRecords' NextShardIterator) instead of
// left out.
enum class Presence : uint8_t { optional, required, nullable };
inline constexpr Presence optional = Presence::optional;
inline constexpr Presence required = Presence::required;
inline constexpr Presence nullable = Presence::nullable;

struct Table;

// How the engine reaches a member without knowing its type.
struct Access {
    void* (*address)(void* object);           // of the value, made anew (an optional is emplaced)
    const void* (*peek)(const void* object);  // nullptr when absent
    // Lists only:
    void* (*add)(void* list);  // appends an element and gives its address
    void (*reserve)(void* list, size_t count);
    size_t (*count)(const void* list);
    const void* (*element)(const void* list, size_t at);
};

struct Field {
    std::string_view name;  // as on the wire
    Kind kind;
    Kind element_kind;  // of a list: structure, text, real or timestamp
    Presence presence;
    Limits limits;
    const Table* shape;  // of a structure, or a list's structures
    Access access;
};

struct Table {
    std::string_view name;
    std::span<const Field> fields;
};

// Specialised beside each struct: `static constexpr std::string_view name; static constexpr Field
// fields[] = {field<&T::m>(...)...};`
template <class T>
struct Shape;

template <class T>
inline constexpr Table table_of{Shape<T>::name, Shape<T>::fields};

namespace detail {

template <class T>
struct Unwrap {
    using Type = T;
    static constexpr bool optional = false;
};
template <class T>
struct Unwrap<std::optional<T>> {
    using Type = T;
    static constexpr bool optional = true;
};

template <class T>
struct ListOf {
    static constexpr bool is = false;
    using Element = void;
};
template <class T>
struct ListOf<std::vector<T>> {
    static constexpr bool is = !std::is_same_v<std::vector<T>, Map>;
    using Element = T;
};

template <class T>
consteval Kind kind_of() {
    if constexpr (std::is_same_v<T, std::string_view>)
        return Kind::text;
    else if constexpr (std::is_same_v<T, Bytes>)
        return Kind::blob;
    else if constexpr (std::is_same_v<T, int32_t>)
        return Kind::int32;
    else if constexpr (std::is_same_v<T, int64_t>)
        return Kind::int64;
    else if constexpr (std::is_same_v<T, double>)
        return Kind::real;
    else if constexpr (std::is_same_v<T, bool>)
        return Kind::boolean;
    else if constexpr (std::is_same_v<T, Timestamp>)
        return Kind::timestamp;
    else if constexpr (std::is_same_v<T, Map>)
        return Kind::map;
    else if constexpr (ListOf<T>::is)
        return Kind::list;
    else
        return Kind::structure;
}

template <class M>
struct MemberOf;
template <class C, class V>
struct MemberOf<V C::*> {
    using Class = C;
    using Value = V;
};

template <class T>
constexpr const Table* shape_of() {
    if constexpr (ListOf<T>::is) {
        if constexpr (kind_of<typename ListOf<T>::Element>() == Kind::structure)
            return &table_of<typename ListOf<T>::Element>;
        else
            return nullptr;
    } else if constexpr (kind_of<T>() == Kind::structure) {
        return &table_of<T>;
    } else {
        return nullptr;
    }
}

template <auto M>
constexpr Access access_of() {
    using Class = typename MemberOf<decltype(M)>::Class;
    using Value = typename MemberOf<decltype(M)>::Value;
    using Plain = typename Unwrap<Value>::Type;
    Access access{};
    if constexpr (Unwrap<Value>::optional) {
        access.address = [](void* o) -> void* { return &(static_cast<Class*>(o)->*M).emplace(); };
        access.peek = [](const void* o) -> const void* {
            const auto& value = static_cast<const Class*>(o)->*M;
            return value ? &*value : nullptr;
        };
    } else {
        access.address = [](void* o) -> void* {
            auto& value = static_cast<Class*>(o)->*M;
            value = Value{};
            return &value;
        };
        access.peek = [](const void* o) -> const void* {
            return &(static_cast<const Class*>(o)->*M);
        };
    }
    if constexpr (ListOf<Plain>::is) {
        access.add = [](void* l) -> void* { return &static_cast<Plain*>(l)->emplace_back(); };
        access.reserve = [](void* l, size_t count) { static_cast<Plain*>(l)->reserve(count); };
        access.count = [](const void* l) { return static_cast<const Plain*>(l)->size(); };
        access.element = [](const void* l, size_t at) -> const void* {
            return &(*static_cast<const Plain*>(l))[at];
        };
    }
    return access;
}

}  // namespace detail

// A member's line in its shape's table.
template <auto M>
constexpr Field field(std::string_view name, Presence presence = optional, Limits limits = {}) {
    using Value = typename detail::Unwrap<typename detail::MemberOf<decltype(M)>::Value>::Type;
    Kind element = Kind::text;
    if constexpr (detail::ListOf<Value>::is)
        element = detail::kind_of<typename detail::ListOf<Value>::Element>();
    return {name,
            detail::kind_of<Value>(),
            element,
            presence,
            limits,
            detail::shape_of<Value>(),
            detail::access_of<M>()};
}

}  // namespace fors::wire
