// SPDX-License-Identifier: Apache-2.0
// What each format offers to the front door (wire.cc), and what they share.
#pragma once

#include <string>
#include <string_view>

#include "wire/wire.h"

namespace fors::wire {

Result<> decode_json(std::string_view body, Arena& arena, const Table& shape, void* object,
                     DecodeOptions options);
// `seconds`: timestamps are seconds, not milliseconds.
Result<> decode_cbor(std::string_view body, Arena& arena, const Table& shape, void* object,
                     DecodeOptions options, bool seconds);
// Application/x-www-form-urlencoded, with AWS's names of members of lists and maps.
Result<> decode_query(std::string_view body, Arena& arena, const Table& shape, void* object,
                      DecodeOptions options);

void encode_json(const Table& shape, const void* object, std::string& out);
void encode_cbor(const Table& shape, const void* object, std::string& out, bool seconds);
void encode_xml(const Table& shape, const void* object, std::string& out);

void encode_error_json(std::string_view type, std::string_view message, std::string& out);
void encode_error_cbor(std::string_view type, std::string_view message, std::string& out);
void encode_error_xml(std::string_view type, std::string_view message, std::string& out, Side side);

// By the JSON library's vector code.
bool is_utf8(std::string_view text);

}  // namespace fors::wire
