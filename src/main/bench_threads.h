// SPDX-License-Identifier: Apache-2.0
// Threads and names for `fors bench`.
#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "load/run.h"

namespace fors {

// Each thread is a reactor.
std::shared_ptr<load::Threads> make_bench_threads();

// The first numeric address that the system knows of a host.
Result<std::string> resolve(const std::string& host);

}  // namespace fors
