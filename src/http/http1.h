// SPDX-License-Identifier: Apache-2.0
// Http1: the server side of one HTTP/1.x connection.
#pragma once

#include <deque>
#include <string>

#include "http/http.h"
#include "http/http1_parser.h"
#include "http/http1_response.h"
#include "http/output.h"

namespace fors::http {

class Http1 final : public Connection {
public:
    Http1(const Limits& limits, Events& events);

    bool feed(Bytes in) override;
    std::span<std::byte> input_space() override;
    bool wants_input() const override;
    void respond(StreamId stream, Response response) override;
    bool begin(StreamId stream, Response head) override;
    void write(StreamId stream, std::string piece) override;
    void end(StreamId stream) override;
    size_t held_bytes(StreamId stream) const override;
    void take_pieces(std::vector<std::string>& pieces) override;
    void shut_down() override;
    bool finished() const override;
    size_t requests_under_way() const override { return under_way_; }
    bool request_arriving() const override;
    std::string_view protocol() const override { return "http/1.1"; }
    bool encrypted() const override { return false; }

private:
    enum class State : uint8_t { waiting, streaming, done };

    // A request that came, and what of its answer must wait for the answers before it.
    struct Exchange {
        State state = State::waiting;
        bool keep_alive = true;
        bool without_body = false;  // HEAD
        bool http10 = false;
        bool refused = false;  // answered here; the events never heard of it
        bool closes = false;   // its answer announced the end of the connection
        BodyKind kind = BodyKind::fixed;
        Output held;
    };

    bool has_room() const;
    void parse(Bytes& in);
    void deliver();
    void answer_refusal();
    void continue_if_wanted();
    void parse_backlog();
    void close();
    bool swallowing() const;

    Exchange* find(StreamId stream);
    bool is_front(const Exchange& exchange) const { return &exchange == &exchanges_.front(); }
    Output& output_of(Exchange& exchange);
    KeepAlive keep_alive_of(Exchange& exchange) const;
    void put_response(Exchange& exchange, Response&& response);
    void put_piece(Exchange& exchange, std::string&& piece);
    void settle(Exchange& exchange);
    void release_done();

    const Limits limits_;
    Events& events_;
    Http1Parser parser_;
    Output output_;
    std::deque<Exchange>
        exchanges_;  // in order of arrival; the front one writes straight to output_
    StreamId front_id_ = 1;
    size_t under_way_ = 0;
    std::string backlog_;  // came, but must wait: too many requests or answers are here
    bool parsing_ = false;
    bool refusal_answered_ = false;
    bool shutting_down_ = false;
    bool deaf_ = false;    // a request that comes now may lack its beginning
    bool closed_ = false;  // an answer with "connection: close" went out whole
};

}  // namespace fors::http
