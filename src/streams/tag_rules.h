// SPDX-License-Identifier: Apache-2.0
// What a tag may look like (reference, section 4.12).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "wire/shape.h"

namespace fors::streams {

// Code::invalid_argument when a key or value has a character that tags may not have, or a reserved
// prefix.
std::optional<Error> check_tags(const wire::Map& tags);
std::optional<Error> check_tag_keys(const std::vector<std::string_view>& keys);

}  // namespace fors::streams
