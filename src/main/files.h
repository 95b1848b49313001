// SPDX-License-Identifier: Apache-2.0
// Files that the operator names.
#pragma once

#include <optional>
#include <string>

namespace fors {

// A file's content; nothing, and errno, when it can't be read.
std::optional<std::string> read_file(const std::string& path);

}  // namespace fors
