// SPDX-License-Identifier: Apache-2.0
// client: calls the Kinesis API: signs, keeps its connection, tries again where that helps.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace fors::client {

struct Options {
    std::string endpoint = "http://127.0.0.1:4566";
    std::string region = "us-east-1";
    std::string access_key_id = "fors";  // a server in open mode accepts any
    std::string secret_access_key = "fors";
    std::string session_token;         // sent when not empty
    std::string ca_bundle;             // PEM file; empty: the system's certificates
    uint32_t throttled_tries_max = 9;  // about 7 s of waiting
    uint32_t refused_tries_max = 4;    // of servers that can't be reached: about 0.4 s
    std::function<void(int ms)> sleep;
    std::function<int64_t()> now_ms;
};

// As the AWS tools do it: AWS_ENDPOINT_URL_KINESIS, AWS_ENDPOINT_URL, AWS_REGION,
// AWS_DEFAULT_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN,
// AWS_CA_BUNDLE; what isn't set keeps its default.
Options options_from_environment();

// Owned by one thread, on which its calls block.
class Client {
public:
    explicit Client(Options options);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    // call("PutRecord", R"({"StreamName":...})") gives the answer's JSON. An error's message is
    // "ResourceNotFoundException: text"; its code is not_found, in_use, limit_exceeded, throttled,
    // expired_iterator, access_denied, unavailable (not reached, or 5xx) or, of all others,
    // invalid_argument. Throttled, unavailable: after all tries.
    Result<std::string> call(std::string_view operation, std::string_view json);

    // One of the server's own pages ("POST", "/_fors/verify"), signed as well; its JSON, or an
    // error as above.
    Result<std::string> page(std::string_view method, std::string_view path, std::string_view json);

private:
    struct Connection;
    struct Message;
    Result<std::string> send(const Message& message);
    Options options_;
    std::unique_ptr<Connection> connection_;
};

// Appends `text` as a JSON string, in quotes.
void append_json_string(std::string& to, std::string_view text);
std::string json_string(std::string_view text);

}  // namespace fors::client
