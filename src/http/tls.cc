// SPDX-License-Identifier: Apache-2.0
// TLS is not spoken yet: contexts cannot be made.
#include "http/tls.h"

namespace fors::http {

class TlsContext {};

void TlsContextDeleter::operator()(TlsContext* context) const { delete context; }

Result<TlsContextPtr> make_tls_context(std::string_view, std::string_view) {
    return fail(Code::not_implemented, "TLS is not built in yet");
}

Result<SelfSigned> make_self_signed(int64_t) {
    return fail(Code::not_implemented, "TLS is not built in yet");
}

std::unique_ptr<Connection> make_tls_connection(const Limits&, TlsContext&, Connection::Events&) {
    return {};
}

}  // namespace fors::http
