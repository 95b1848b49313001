// SPDX-License-Identifier: Apache-2.0
// How much room an object takes on the wire, so that a reply grows at most seldom.
#include "wire/encoder.h"

namespace fors::wire {
namespace {

constexpr size_t scalar_bytes = 32;  // the longest number or timestamp with its punctuation
constexpr size_t punctuation_bytes = 8;

template <class T>
const T& as(const void* value) {
    return *static_cast<const T*>(value);
}

size_t list_bytes(const Field& field, const void* elements) {
    size_t sum = punctuation_bytes;
    size_t count = field.access.count(elements);
    for (size_t i = 0; i < count; ++i) {
        const void* element = field.access.element(elements, i);
        if (field.element_kind == Kind::structure)
            sum += estimate(*field.shape, element);
        else if (field.element_kind == Kind::text)
            sum += as<std::string_view>(element).size() + punctuation_bytes;
        else
            sum += scalar_bytes;
    }
    return sum;
}

size_t map_bytes(const Map& entries) {
    size_t sum = punctuation_bytes;
    for (const auto& [key, value] : entries)
        sum += key.size() + value.size() + 2 * punctuation_bytes;
    return sum;
}

size_t value_bytes(const Field& field, const void* value) {
    switch (field.kind) {
        case Kind::text:
            return as<std::string_view>(value).size() + punctuation_bytes;
        case Kind::blob:
            return base64::encoded_size(as<Bytes>(value).size()) + punctuation_bytes;
        case Kind::structure:
            return estimate(*field.shape, value);
        case Kind::list:
            return list_bytes(field, value);
        case Kind::map:
            return map_bytes(as<Map>(value));
        default:
            return scalar_bytes;
    }
}

}  // namespace

size_t estimate(const Table& shape, const void* object) {
    size_t sum = punctuation_bytes;
    for (const Field& field : shape.fields) {
        const void* value = field.access.peek(object);
        if (value) sum += field.name.size() + punctuation_bytes + value_bytes(field, value);
    }
    return sum;
}

}  // namespace fors::wire
