// SPDX-License-Identifier: Apache-2.0
// auth: who is calling: verification and making of AWS Signature Version 4, header and query form.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "http/message.h"

namespace fors::auth {

struct AccessKey {
    std::string id;
    std::string secret;
    std::string account;  // 12 digits
};

struct Caller {
    std::string access_key_id;
    std::string account;  // 12 digits
    std::string region;   // the one signed for
};

inline constexpr std::string_view default_account = "000000000000";

// Owned by one thread (signing keys are cached per day, region and service).
class Verifier {
public:
    virtual ~Verifier() = default;

    // The caller, or the fault of reference section 2.4: Code::missing_authentication,
    // incomplete_signature, unknown_access_key, invalid_signature (also both forms at once, skew
    // beyond 15 minutes, expired presigned requests), with AWS's text. In open mode (no keys) a
    // well-formed signature of any key is accepted: an access key id of 12 digits names its
    // account, else the default account; nothing is computed.
    virtual Result<Caller> verify(const http::Request& request, int64_t now_ms) = 0;
};

// No keys: open mode.
std::unique_ptr<Verifier> make_verifier(std::vector<AccessKey> keys);

struct SigningInput {
    std::string_view method = "POST";
    std::string_view path = "/";
    std::string_view query;
    std::vector<http::Header>
        headers;  // to sign, lower-case names, host among them; x-amz-date is added by the signer
    std::string_view body;
    std::string_view service = "kinesis";
    std::string_view region;
    int64_t now_ms = 0;
};

struct Signed {
    std::string authorization;  // value of the Authorization header
    std::string amz_date;       // value of the X-Amz-Date header
};

// For clients: the header form.
Signed sign(const SigningInput& input, const AccessKey& key);

}  // namespace fors::auth
