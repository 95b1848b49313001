// SPDX-License-Identifier: Apache-2.0
// A file of settings: a line `name=value` for each, the names those of the flags without dashes.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace fors {

// Gives the command's options the values in the file, but for those that have one already, by
// flag or environment. Throws CLI::Error, as the parsing of flags does: the file can't be read,
// has a name that is no setting, or a value that isn't one.
void take_settings(CLI::App& command, const std::string& file);

}  // namespace fors
