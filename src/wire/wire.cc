// SPDX-License-Identifier: Apache-2.0
// The front door: sends each call to the engine of its format.
#include "wire/wire.h"

#include "wire/engine.h"

namespace fors::wire {

std::string_view content_type(Format format) {
    return format == Format::json ? "application/x-amz-json-1.1" : "application/x-amz-cbor-1.1";
}

Result<> decode(Format format, std::string_view body, Arena& arena, const Table& shape,
                void* object, DecodeOptions options) {
    return format == Format::json ? decode_json(body, arena, shape, object, options)
                                  : decode_cbor(body, arena, shape, object, options);
}

void encode(Format format, const Table& shape, const void* object, std::string& out) {
    return format == Format::json ? encode_json(shape, object, out)
                                  : encode_cbor(shape, object, out);
}

void encode_error(Format format, std::string_view type, std::string_view message,
                  std::string& out) {
    return format == Format::json ? encode_error_json(type, message, out)
                                  : encode_error_cbor(type, message, out);
}

}  // namespace fors::wire
