// SPDX-License-Identifier: Apache-2.0
// The fixed answers of AWS's front end (reference, section 2.5), and request ids.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/message.h"
#include "wire/wire.h"

namespace fors::core {

enum class Media : uint8_t { json, cbor, json_1_0, rpc_cbor, form, plain_json, other };

// Of a Content-Type, parameters left aside.
Media media_of(std::string_view content_type);

// What a body of that media is, and an answer to it.
wire::Format format_of(Media media);

// "Prefix.Operation" of Smithy RPC's path /service/Prefix/operation/Operation; empty for any other.
std::string rpc_target(std::string_view path);

// A parameter of a form, as it was sent; empty when it has none.
std::string_view form_parameter(std::string_view body, std::string_view name);

// Whether a body is a document of that format at all.
bool parses(wire::Format format, std::string_view body);

// Each completes a response that already carries its request ids.
http::Response preflight_answer(const http::Request& request, http::Response response);
http::Response unroutable_answer(http::Response response);               // rows 3 and 5
http::Response unknown_media_answer(http::Response response);            // row 6
http::Response plain_json_answer(bool parsed, http::Response response);  // rows 7 and 9

// Random enough to be unique, cheap enough for every request; `state` is the generator's.
std::string uuid(uint64_t& state);
std::string extended_request_id(uint64_t& state);

}  // namespace fors::core
