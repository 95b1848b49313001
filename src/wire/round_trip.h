// SPDX-License-Identifier: Apache-2.0
// What both fuzz targets check: decoding, validating and encoding hold no surprises, and encoding
// loses nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "wire/test_shapes.h"
#include "wire/wire.h"

namespace fors::wire::test {

template <class T>
std::string encoded(Format format, const T& object) {
    std::string out;
    encode(format, table_of<T>, &object, out);
    return out;
}

// object -> `format` -> object: equal, seen in both formats.
template <class T>
void same_again(Format format, const T& object) {
    std::string body = encoded(format, object);
    T again;
    Arena arena;
    auto result = decode(format, body, arena, table_of<T>, &again, {.strict = true});
    FORS_ASSERT(result.has_value());
    FORS_ASSERT(encoded(Format::cbor, again) == encoded(Format::cbor, object));
    FORS_ASSERT(encoded(Format::json, again) == encoded(Format::json, object));
}

template <class T>
void round_trip(Format format, std::string_view body) {
    T object;
    Arena arena;
    auto result = decode(format, body, arena, table_of<T>, &object);
    if (!result) {
        FORS_ASSERT(result.error().code == Code::serialization);
        return;
    }
    (void)validate(table_of<T>, &object);
    same_again(Format::cbor, object);
    same_again(Format::json, object);
}

}  // namespace fors::wire::test
