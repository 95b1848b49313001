// SPDX-License-Identifier: Apache-2.0
// The front door: sends each call to the engine of its format.
#include "wire/wire.h"

#include "wire/engine.h"

namespace fors::wire {

std::string_view content_type(Format format) {
    switch (format) {
        case Format::json:
            return "application/x-amz-json-1.1";
        case Format::cbor:
            return "application/x-amz-cbor-1.1";
        case Format::json_1_0:
            return "application/x-amz-json-1.0";
        case Format::rpc_cbor:
            return "application/cbor";
        case Format::query:
            return "text/xml";
    }
    return {};
}

Result<> decode(Format format, std::string_view body, Arena& arena, const Table& shape,
                void* object, DecodeOptions options) {
    switch (format) {
        case Format::json:
        case Format::json_1_0:
            return decode_json(body, arena, shape, object, options);
        case Format::cbor:
        case Format::rpc_cbor:
            return decode_cbor(body, arena, shape, object, options, format == Format::rpc_cbor);
        case Format::query:
            return decode_query(body, arena, shape, object, options);
    }
    return {};
}

void encode(Format format, const Table& shape, const void* object, std::string& out) {
    switch (format) {
        case Format::json:
        case Format::json_1_0:
            return encode_json(shape, object, out);
        case Format::cbor:
        case Format::rpc_cbor:
            return encode_cbor(shape, object, out, format == Format::rpc_cbor);
        case Format::query:
            return encode_xml(shape, object, out);
    }
}

void encode_error(Format format, std::string_view type, std::string_view message, std::string& out,
                  Side side) {
    switch (format) {
        case Format::json:
        case Format::json_1_0:
            return encode_error_json(type, message, out);
        case Format::cbor:
        case Format::rpc_cbor:
            return encode_error_cbor(type, message, out);
        case Format::query:
            return encode_error_xml(type, message, out, side);
    }
}

}  // namespace fors::wire
