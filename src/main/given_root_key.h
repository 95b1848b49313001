// SPDX-License-Identifier: Apache-2.0
// The root key that the operator gives from outside the data directory.
#pragma once

#include <optional>

#include "base/result.h"
#include "core/aes_gcm.h"
#include "options.h"

namespace fors {

// By --root-key or --root-key-file; nothing when neither is given.
Result<std::optional<core::AesKey>> given_root_key(const ServeOptions& options);

}  // namespace fors
