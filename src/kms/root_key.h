// SPDX-License-Identifier: Apache-2.0
// The root key, under which all key material is wrapped: given from outside, or a file beside the
// data that is made once.
#pragma once

#include <string_view>

#include "base/result.h"
#include "core/aes_gcm.h"
#include "env/disk.h"
#include "env/random.h"

namespace fors::kms {

inline constexpr std::string_view root_key_file = "root.key";

// 32 bytes in base64, white space around them; Code::invalid_argument for anything else.
Result<core::AesKey> parse_root_key(std::string_view text);

// What lies in root_key_file; Code::invalid_argument: that is no key.
env::Task<Result<core::AesKey>> read_root_key(env::Disk& disk);

// The same. When it is missing: a new key, which is durable there before this returns, if
// `may_make`, else Code::not_found.
env::Task<Result<core::AesKey>> load_root_key(env::Disk& disk, env::Random& random, bool may_make);

}  // namespace fors::kms
