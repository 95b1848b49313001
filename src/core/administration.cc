// SPDX-License-Identifier: Apache-2.0
#include "core/administration.h"

#include "wire/wire.h"

namespace fors::core {

namespace {

bool is_loopback(std::string_view peer) {
    if (peer.starts_with('[') && peer.ends_with(']')) peer = peer.substr(1, peer.size() - 2);
    return peer.starts_with("127.") || peer.starts_with("::ffff:127.") || peer == "::1";
}

}  // namespace

Result<> may_administer(const http::Request& request, auth::Verifier& verifier,
                        std::string_view root_access_key_id, int64_t now_ms) {
    // Browsers name the page that asks; nobody else sends this.
    if (request.header("origin").data())
        return fail(Code::access_denied, "Administration is not for pages in browsers.");
    if (root_access_key_id.empty()) {
        if (is_loopback(request.peer)) return {};
        return fail(Code::access_denied,
                    "Without credentials this server is administered from its own machine only.");
    }
    auto caller = verifier.verify(request, now_ms);
    if (!caller) return std::unexpected(std::move(caller.error()));
    if (request.header("x-amz-content-sha256") == "UNSIGNED-PAYLOAD")
        return fail(Code::access_denied, "Administration asks for signed bodies.");
    if (caller->access_key_id != root_access_key_id)
        return fail(Code::access_denied, "Only the root credentials may administer this server.");
    return {};
}

http::Response refusal(int status, std::string_view type, std::string_view message) {
    http::Response response;
    response.status = status;
    response.content_type = wire::content_type(wire::Format::json);
    wire::encode_error(wire::Format::json, type, message, response.body);
    return response;
}

}  // namespace fors::core
