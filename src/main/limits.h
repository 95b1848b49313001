// SPDX-License-Identifier: Apache-2.0
// `fors limits`: the table of limits for people.
#pragma once

#include <string>

namespace fors {

// A line each: of what, which, value and unit, and whether --limits none lifts it.
std::string describe_limits();

}  // namespace fors
