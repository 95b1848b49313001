// SPDX-License-Identifier: Apache-2.0
// TlsContext's inside, and owners for OpenSSL's objects.
#pragma once

#include <openssl/ssl.h>

#include <memory>

#include "http/http.h"

namespace fors::http {

template <auto free>
struct OpensslDeleter {
    template <class T>
    void operator()(T* object) const {
        free(object);
    }
};
template <class T, auto free>
using OpensslPtr = std::unique_ptr<T, OpensslDeleter<free>>;

class TlsContext {
public:
    explicit TlsContext(OpensslPtr<SSL_CTX, SSL_CTX_free> context) : context_(std::move(context)) {}
    SSL_CTX* get() const { return context_.get(); }

private:
    OpensslPtr<SSL_CTX, SSL_CTX_free> context_;
};

}  // namespace fors::http
