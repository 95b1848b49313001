// SPDX-License-Identifier: Apache-2.0
// Http1Parser: bytes of HTTP/1.x into requests, one at a time (RFC 9112).
//
// All but bodies consists of lines, and a line is looked at when it is whole: what is made of the
// bytes can't depend on how they were cut. What another reader might cut differently is refused,
// also where the RFC would let it pass: lone CR or LF, folded lines, both framings, a second
// length.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "http/http.h"

namespace fors::http {

class Http1Parser {
public:
    explicit Http1Parser(const Limits& limits) : limits_(limits) {}
    Http1Parser(const Http1Parser&) = delete;
    Http1Parser& operator=(const Http1Parser&) = delete;

    enum class Event : uint8_t {
        need_more,  // `in` is used up
        request,    // a whole request: take_request(), then parse on
        over,       // no further bytes will be looked at
    };
    // Parses up to the next event and cuts what it used off the front of `in`.
    Event parse(Bytes& in);
    // What is still to come of a large body of known length, as the place to read it to; parse()
    // then finds it where it belongs. Empty at all other times.
    std::span<std::byte> body_space();
    Request take_request();

    // The status to answer a refused request with; 0: not refused. After 413 parse() goes on to
    // swallow the body (a client that writes before it reads would otherwise lose the answer to a
    // connection reset) and then is over.
    int refused() const { return refused_; }

    // Of the request being parsed or just parsed.
    bool keep_alive() const { return keep_alive_; }
    bool head_method() const { return method_ == "HEAD"; }
    bool http10() const { return http10_; }

    // The client waits for "100 Continue" before it sends the body.
    bool wants_continue() const { return wants_continue_ && body_seen_ == 0; }
    void continued() { wants_continue_ = false; }

    // A request has begun and isn't whole.
    bool arriving() const { return phase_ != Phase::between && phase_ != Phase::over; }

private:
    enum class Phase : uint8_t {
        between,     // requests
        first_line,  // and empty ones before it
        fields,
        body,        // of known length, or a chunk's
        chunk_size,  // its line
        chunk_end,   // the line end behind its data
        trailer,
        over,
    };

    // Places in head_.
    struct Field {
        uint32_t name;
        uint32_t name_end;
        uint32_t value;
        uint32_t value_end;
    };
    struct FieldLine {
        std::string_view name, value;
    };

    void begin();
    // Steps of parse(): the status to refuse with, 0 to go on.
    int take_head(Bytes& in);
    int take_framing(Bytes& in);
    void take_body(Bytes& in);

    int on_first_line(std::string_view line);
    int on_field(std::span<char> line);
    int on_head();
    int on_chunk_size(std::string_view line);
    static int on_trailer(std::span<char> line);
    int check_framing();
    int check_expectation();
    // Nothing when it is no field's. Puts the name into small letters.
    static std::optional<FieldLine> split_field(std::span<char> line);

    bool target_fits(std::string_view host) const;
    bool after_head() const { return phase_ != Phase::first_line && phase_ != Phase::fields; }
    std::string_view name_of(const Field& field) const;
    std::string_view value_of(const Field& field) const;
    Event stop(int status);

    const Limits limits_;
    Phase phase_ = Phase::between;
    bool keep_alive_ = true;
    bool http10_ = false;
    bool chunked_ = false;
    bool wants_continue_ = false;
    bool whole_ = false;
    int refused_ = 0;
    std::string_view method_;  // one of a table
    size_t head_seen_ = 0;     // bytes of this request's head so far
    size_t framing_seen_ = 0;  // bytes behind it that were not body
    size_t body_seen_ = 0;
    uint64_t left_ = 0;  // of the body or chunk

    std::string head_;     // the lines; reused by all requests of the connection
    size_t line_ = 0;      // where the one that is arriving begins in head_
    std::string framing_;  // the line that is arriving behind the head
    uint32_t target_ = 0;  // in head_
    uint32_t target_end_ = 0;
    std::vector<Field> fields_;
    std::string body_;        // as long as it will be, when that is known
    size_t body_filled_ = 0;  // of it
};

}  // namespace fors::http
