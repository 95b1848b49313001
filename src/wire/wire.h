// SPDX-License-Identifier: Apache-2.0
// wire: AWS's formats on the wire, driven by shape tables (wire/shape.h): parse, validate,
// serialise; one engine each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/arena.h"
#include "base/bytes.h"
#include "base/result.h"
#include "wire/shape.h"

namespace fors::wire {

enum class Format : uint8_t {
    json,      // application/x-amz-json-1.1
    cbor,      // application/x-amz-cbor-1.1
    json_1_0,  // application/x-amz-json-1.0
    rpc_cbor,  // application/cbor: Smithy RPC v2
    query,     // requests: application/x-www-form-urlencoded; answers: text/xml
};

// Media type of a format, for Content-Type.
std::string_view content_type(Format format);

struct DecodeOptions {
    bool strict = false;  // unknown members are refused (Code::serialization) instead of ignored
    bool stored = false;  // our own, from the log: lists are kept whole, whatever their size
};

// Fills `object` (a fresh value of the shape's struct) from a body. Text and blobs are views into
// `body` or memory of `arena`: both, and `body`'s place, must outlive the object. Nothing behind
// `body`'s end is read. Code::serialization with an empty message when the body can't be parsed
// whole or is neither structure nor list; with AWS's text when a member has the wrong type (the
// first one found). A list or map far above its allowed size is kept only in part, enough for
// validate() to refuse it; one without an allowed size that is very large is such a fault itself.
Result<> decode(Format format, std::string_view body, Arena& arena, const Table& shape,
                void* object, DecodeOptions options = {});

// The ValidationException text of the constraints violated (at most ten of them), or nothing.
std::optional<std::string> validate(const Table& shape, const void* object);

// Appends the serialised object; absent optionals are left out. In XML the members alone, without
// the element around them.
void encode(Format format, const Table& shape, const void* object, std::string& out);

enum class Side : uint8_t { sender, receiver };

// Appends an error body: {"__type": type, "message": message}; "Message" for
// SerializationException; no message member when empty. In XML: <Error> with Code, Message and
// Type, which says whose fault it is.
void encode_error(Format format, std::string_view type, std::string_view message, std::string& out,
                  Side side = Side::sender);

// Appends the shape as JSON, for the conformance test and for documentation:
// {"type":"structure","members":{"Name":{"type":"string","required":true,"min":1,...},...}}.
void describe(const Table& shape, std::string& out);

}  // namespace fors::wire
