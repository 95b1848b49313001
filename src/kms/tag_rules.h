// SPDX-License-Identifier: Apache-2.0
// What tags of keys may look like (KMS Developer Guide, "Tags in AWS KMS").
#pragma once

#include <optional>

#include "base/result.h"
#include "kms/shapes.h"

namespace fors::kms {

// Code::invalid_tag for a key twice or a reserved one, Code::limit_exceeded for too many.
Result<wire::Map> tag_map(const std::optional<Tags>& tags);

}  // namespace fors::kms
