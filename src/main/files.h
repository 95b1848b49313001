// SPDX-License-Identifier: Apache-2.0
// Files that the operator names.
#pragma once

#include <string>

#include "base/result.h"

namespace fors {

// A file's content; the error names the file. Code::not_found: there is none.
Result<std::string> read_file(const std::string& path);

}  // namespace fors
