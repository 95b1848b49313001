// SPDX-License-Identifier: Apache-2.0
// Result<T>: errors are values with a closed set of codes; each service maps a code to its
// exception name in one table.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <utility>

namespace fors {

enum class Code : uint8_t {
    not_found,
    in_use,
    invalid_argument,
    validation,
    serialization,
    limit_exceeded,
    throttled,
    expired_iterator,
    expired_token,
    access_denied,
    missing_authentication,
    incomplete_signature,
    invalid_signature,
    unknown_access_key,
    unknown_operation,
    not_implemented,
    dry_run,
    invalid_combination,  // of members that are right alone
    missing_parameter,
    already_exists,
    unsupported,   // known, and not done here
    invalid_name,  // of what is to be made
    invalid_tag,
    malformed_policy,
    key_not_found,  // these four: what keeps a KMS key from being used
    key_disabled,
    key_state,  // waits for its deletion, or does not
    key_access_denied,
    invalid_ciphertext,
    incorrect_key,
    too_large,
    unavailable,      // stopping, or a queue is full: may be tried again
    io_failed,        // the disk refused: nothing was stored
    outcome_unknown,  // the disk refused this, and to be told that it is void, too
    corrupt,          // a checksum did not fit
    internal,
};

struct Error {
    Code code;
    std::string message;
};

template <class T = void>
using Result = std::expected<T, Error>;

// return fail(Code::not_found, "...");
inline std::unexpected<Error> fail(Code code, std::string message) {
    return std::unexpected(Error{code, std::move(message)});
}

}  // namespace fors
