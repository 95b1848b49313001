// SPDX-License-Identifier: Apache-2.0
// `fors shapes`: the shape tables as JSON, for the conformance test and for documentation.
#pragma once

#include <string>

namespace fors {

// {"PutRecord": {"input": {...}, "output": {...} or null}, ...}
std::string describe_shapes();

}  // namespace fors
