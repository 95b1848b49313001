// SPDX-License-Identifier: Apache-2.0
// ClientProtocol: the client's side of HTTP/1.1 or HTTP/2, one request at a time, without IO.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace fors::test {

class ClientProtocol {
public:
    using Headers = std::vector<std::pair<std::string, std::string>>;

    virtual ~ClientProtocol() = default;
    // A POST to "/": bytes to send. The last answer is forgotten.
    virtual std::string request(const Headers& headers, const std::string& body) = 0;
    // Takes what came; bytes to send in reply (HTTP/2 has its own talk).
    virtual std::string feed(Bytes data) = 0;

    // The answer so far, frames and chunks taken off.
    int status = 0;  // 0: no head yet
    std::string body;
    bool ended = false;
};

std::unique_ptr<ClientProtocol> make_http1_client();
std::unique_ptr<ClientProtocol> make_http2_client();  // prior knowledge

}  // namespace fors::test
