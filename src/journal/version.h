// SPDX-License-Identifier: Apache-2.0
// What is said of a file that a later version wrote.
#pragma once

#include <string>

#include "base/result.h"
#include "journal/format.h"

namespace fors::journal {

// Magic, checksum and version stay where they are in every version, so that an older program can
// tell a newer file from a damaged one.
inline Error unknown_version(const std::string& path, uint32_t found) {
    return {Code::not_implemented, path + " has format version " + std::to_string(found) +
                                       ", and this fors knows version " +
                                       std::to_string(format_version) +
                                       ": it was written by another fors, which can read it"};
}

}  // namespace fors::journal
