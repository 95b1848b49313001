// SPDX-License-Identifier: Apache-2.0
// Tls: the server side of one TLS connection; inside it the first bytes decide again, now between
// HTTP/1.1 and HTTP/2.
#pragma once

#include <memory>
#include <string>

#include "http/http.h"
#include "http/tls_session.h"

namespace fors::http {

class Tls final : public Connection {
public:
    Tls(const Limits& limits, TlsContext& context, Events& events);

    bool feed(Bytes in) override;
    bool wants_input() const override { return inner_->wants_input(); }
    void respond(StreamId stream, Response response) override;
    bool begin(StreamId stream, Response head) override;
    void write(StreamId stream, std::string piece) override;
    void end(StreamId stream) override;
    size_t held_bytes(StreamId stream) const override;
    void take_pieces(std::vector<std::string>& pieces) override;
    void shut_down() override;
    bool finished() const override;
    Held answers_held() const override { return inner_->answers_held(); }
    size_t requests_under_way() const override { return inner_->requests_under_way(); }
    bool request_arriving() const override;
    std::string_view protocol() const override { return inner_->protocol(); }
    bool encrypted() const override { return true; }

private:
    void decrypt();
    void encrypt();
    void fail_session(int result);

    std::unique_ptr<Connection> inner_;
    TlsSession session_;
    bool half_closed_ = false;  // the client has said goodbye; answers may still go out
    bool dead_ = false;         // the session broke: nothing more can be encrypted
    bool said_goodbye_ = false;
};

inline std::unique_ptr<Connection> make_tls_connection(const Limits& limits, TlsContext& context,
                                                       Connection::Events& events) {
    return std::make_unique<Tls>(limits, context, events);
}

}  // namespace fors::http
