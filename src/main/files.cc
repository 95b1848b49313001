// SPDX-License-Identifier: Apache-2.0
#include "files.h"

#include <fstream>
#include <sstream>

namespace fors {

std::optional<std::string> read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::nullopt;
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace fors
