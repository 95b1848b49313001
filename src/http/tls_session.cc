// SPDX-License-Identifier: Apache-2.0
// Steps in and out of OpenSSL's buffers.
#include "http/tls_session.h"

#include <openssl/err.h>

#include <algorithm>

#include "base/assert.h"

namespace fors::http {

TlsSession::TlsSession(TlsContext& context)
    : ssl_(SSL_new(context.get())), in_(BIO_new(BIO_s_mem())), out_(BIO_new(BIO_s_mem())) {
    FORS_ASSERT(ssl_ && in_ && out_);  // only memory can lack
    BIO_set_mem_eof_return(in_, -1);
    BIO_set_mem_eof_return(out_, -1);
    SSL_set_bio(ssl_.get(), in_, out_);
}

// In steps, since OpenSSL's memory buffer moves what is left over each time it grows.
bool TlsSession::take_step(Bytes& in) {
    const Bytes step = in.first(std::min(in.size(), 4 * record_bytes));
    in = in.subspan(step.size());
    return BIO_write(in_, step.data(), static_cast<int>(step.size())) ==
           static_cast<int>(step.size());
}

// In steps, so that plain text, OpenSSL's buffer and ours don't all hold a large answer at once.
bool TlsSession::write(std::string_view plain) {
    while (!plain.empty()) {
        const size_t step = std::min(plain.size(), 16 * record_bytes);
        ERR_clear_error();
        const int size = SSL_write(ssl_.get(), plain.data(), static_cast<int>(step));
        if (size <= 0) return false;  // a memory buffer takes everything: this is no lack of room
        plain.remove_prefix(static_cast<size_t>(size));
        drain();
    }
    return true;
}

void TlsSession::drain() {
    const size_t waiting = BIO_ctrl_pending(out_);
    if (waiting == 0) return;
    std::string& to = output_.tail();
    const size_t before = to.size();
    to.resize(before + waiting);
    const int size = BIO_read(out_, to.data() + before, static_cast<int>(waiting));
    FORS_ASSERT(size == static_cast<int>(waiting));
}

}  // namespace fors::http
