// SPDX-License-Identifier: Apache-2.0
// Bodies that came compressed: CloudWatch's clients send theirs so from 10 KiB on.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fors::core {

// What a gzip file of one member holds, with the capacity that a request's body has. It costs no
// more memory than `plain_bytes_max`, whatever the input says.
Result<std::string> gunzip(std::string_view packed, size_t plain_bytes_max);

}  // namespace fors::core
