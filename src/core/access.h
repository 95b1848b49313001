// SPDX-License-Identifier: Apache-2.0
// What policies may ask about a request: who makes it, and the global condition keys.
#pragma once

#include <string>

#include "auth/policy_condition.h"
#include "core/service.h"

namespace fors::core {

// "arn:aws:iam::111122223333:root": every caller acts for its whole account.
std::string principal_arn(const auth::Caller& caller);

// Those of a caller's requests at some time.
auth::ContextKeys condition_keys(const auth::Caller& caller, int64_t now_ms);
// Those of this request: also where it came from, and how.
auth::ContextKeys condition_keys(const Context& context);

}  // namespace fors::core
