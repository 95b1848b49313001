// SPDX-License-Identifier: Apache-2.0
// ServerConnection: looks at the first bytes, then hands everything to the protocol they belong to.
#pragma once

#include <memory>
#include <string>

#include "http/http.h"

namespace fors::http {

class ServerConnection final : public Connection {
public:
    ServerConnection(const Limits& limits, TlsContext* tls, Events& events)
        : limits_(limits), tls_(tls), events_(events) {}

    bool feed(Bytes in) override;
    std::span<std::byte> input_space() override {
        return inner_ ? inner_->input_space() : std::span<std::byte>();
    }
    bool wants_input() const override { return inner_ ? inner_->wants_input() : true; }
    void respond(StreamId stream, Response response) override;
    bool begin(StreamId stream, Response head) override;
    void write(StreamId stream, std::string piece) override;
    void end(StreamId stream) override;
    size_t held_bytes(StreamId stream) const override;
    void take_pieces(std::vector<std::string>& pieces) override;
    void shut_down() override;
    bool finished() const override;
    Held answers_held() const override { return inner_ ? inner_->answers_held() : Held{}; }
    size_t requests_under_way() const override;
    bool request_arriving() const override;
    std::string_view protocol() const override;
    bool encrypted() const override { return inner_ && inner_->encrypted(); }

private:
    enum class Kind : uint8_t { undecided, tls, http2, http1 };
    static Kind kind_of(std::string_view first_bytes);
    void start(Kind kind);

    const Limits limits_;
    TlsContext* const tls_;
    Events& events_;
    std::unique_ptr<Connection> inner_;
    std::string first_bytes_;  // a part of the HTTP/2 preface that may yet be something else
    std::string last_words_;
    bool over_ = false;
};

}  // namespace fors::http
