// SPDX-License-Identifier: Apache-2.0
// Signer: Signature Version 4 at the least cost: a request differs from the last one in its date
// and in its body's hash, so both are patched into a canonical request made beforehand.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "auth/auth.h"
#include "auth/sigv4.h"
#include "http/message.h"

namespace fors::load {

// Lower-case hexadecimal SHA-256 of a body.
std::string payload_hash(std::string_view body);

// For one operation; owned by one thread.
class Signer {
public:
    struct Scope {
        std::string host;  // as the host header says it
        std::string path;
        std::string region;
        std::string session_token;  // sent when not empty
        auth::AccessKey key;
    };

    Signer(Scope scope, std::string_view operation);
    Signer(const Signer&) = delete;
    Signer& operator=(const Signer&) = delete;

    // All headers of a request at that time, but for host and content-length; good until the next
    // call.
    const std::vector<http::Header>& sign(std::string_view hash, int64_t now_ms);

private:
    void turn_to(int64_t second);

    Scope scope_;
    std::string target_;
    std::string signed_headers_;
    std::string canonical_;  // of a request at date_, with room for the hash at its end
    size_t date_at_ = 0;
    int64_t second_ = -1;
    std::string date_;
    std::string day_;
    auth::HmacKey key_{{}};
    std::string authorization_;
    size_t authorization_prefix_ = 0;
    std::string to_sign_;
    size_t to_sign_prefix_ = 0;
    std::vector<http::Header> headers_;
};

}  // namespace fors::load
