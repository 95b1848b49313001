// SPDX-License-Identifier: Apache-2.0
// KeyProvider: what a service that encrypts asks of the key service (KMS Developer Guide, "Envelope
// encryption"): data keys, which it keeps only wrapped.
#pragma once

#include <string>
#include <string_view>

#include "auth/auth.h"
#include "core/aes_gcm.h"
#include "env/task.h"

namespace fors::core {

// Who uses a key by way of a service, and for what.
struct KeyUse {
    const auth::Caller& caller;
    int64_t now_ms;
    std::string_view service;   // "kinesis"
    std::string_view resource;  // the ARN of what is encrypted; data keys are bound to it
    std::string_view account;   // its owner, whose keys short names mean
    std::string_view region;
};

struct DataKey {
    AesKey key;
    std::string wrapped;
};

// Errors: Code::key_not_found, key_disabled, key_state, key_access_denied, with the text for the
// client. On the home thread.
class KeyProvider {
public:
    virtual ~KeyProvider() = default;

    // Makes the service's own key (alias/aws/<service>) if that is the one named and it is not
    // there yet. `key_id`: a key's id or ARN, an alias' name or ARN.
    virtual env::Task<Result<>> prepare(KeyUse use, std::string_view key_id) = 0;
    // A new data key under the key named.
    virtual Result<DataKey> generate(const KeyUse& use, std::string_view key_id) = 0;
    // Whether `wrapped` is what generate() would still make: of the same key's newest material. An
    // error where generate() would give one.
    virtual Result<bool> is_current(const KeyUse& use, std::string_view key_id,
                                    std::string_view wrapped) const = 0;
    // Whether unwrap() would give the key.
    virtual Result<> may_unwrap(const KeyUse& use, std::string_view wrapped) const = 0;
    virtual Result<AesKey> unwrap(const KeyUse& use, std::string_view wrapped) = 0;
};

}  // namespace fors::core
