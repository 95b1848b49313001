// SPDX-License-Identifier: Apache-2.0
// Texts of what is wrong with a member's type: the wording of AWS's SerializationException.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "wire/shape.h"

namespace fors::wire {

// What stands in a body where a value is expected; `broken` when nothing that could be one.
enum class Found : uint8_t { broken, null, boolean, number, text, bytes, list, map };

// `found` (any but broken and null) stands where a member of kind `wanted` belongs.
std::string type_fault(Kind wanted, Found found);

// `text` is no base64.
std::string base64_fault(std::string_view text, const base64::Decoded& result);

// AWS reads some texts as booleans.
std::optional<bool> boolean_of(std::string_view text);
std::string boolean_fault(std::string_view text);

// "NaN", "Infinity", "-Infinity": what JSON has no number for is a text in AWS's protocols.
std::optional<double> real_of(std::string_view text);

// Number of Unicode characters of valid UTF-8.
size_t characters(std::string_view text);

// At most a few KiB of a client's value, whole characters, so that an error is never as long as the
// request.
std::string_view clipped(std::string_view value);

}  // namespace fors::wire
