// SPDX-License-Identifier: Apache-2.0
// TlsSession: OpenSSL between two memory buffers: what both ends of a TLS connection have in
// common.
#pragma once

#include <openssl/ssl.h>

#include <string_view>

#include "base/bytes.h"
#include "http/output.h"
#include "http/tls_context.h"

namespace fors::http {

class TlsSession {
public:
    static constexpr size_t record_bytes = 16 << 10;  // the most a TLS record holds

    explicit TlsSession(TlsContext& context);

    SSL* get() const { return ssl_.get(); }
    Output& output() { return output_; }  // that is encrypted

    // Cuts a step off the front of what came and takes it in; false: the session is broken.
    bool take_step(Bytes& in);
    // Encrypts into the output; false: the session is broken, OpenSSL's queue says why.
    bool write(std::string_view plain);
    // Moves what OpenSSL has to say into the output.
    void drain();

private:
    OpensslPtr<SSL, SSL_free> ssl_;
    BIO* in_;  // both owned by ssl_
    BIO* out_;
    Output output_;
};

}  // namespace fors::http
