// SPDX-License-Identifier: Apache-2.0
// Http1Parser: bytes of HTTP/1.x into requests, one at a time, stricter than the llhttp inside
// where that prevents smuggling.
#pragma once

#include <llhttp.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "http/http.h"

namespace fors::http {

class Http1Parser {
public:
    explicit Http1Parser(const Limits& limits);
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
    bool head_method() const { return parser_.method == HTTP_HEAD; }
    bool http10() const { return parser_.http_minor == 0; }

    // The client waits for "100 Continue" before it sends the body.
    bool wants_continue() const { return wants_continue_ && body_seen_ == 0; }
    void continued() { wants_continue_ = false; }

    // A request has begun and isn't whole.
    bool arriving() const { return phase_ != Phase::between && phase_ != Phase::over; }

private:
    friend struct Http1Callbacks;

    enum class Phase : uint8_t { between, head, body, trailer, over };
    enum class Part : uint8_t { none, name, value };

    // Places in head_, which still grows while they are noted.
    struct Field {
        uint32_t name;
        uint32_t value;
        uint32_t value_end;
    };

    void begin();
    int on_url(std::string_view piece);
    int on_name(std::string_view piece);
    int on_value(std::string_view piece);
    bool line_end_before(const char* at) const;
    bool lines_end_properly(std::string_view piece);
    int on_value_complete();
    int on_head();
    int on_chunk_size();
    int on_body(std::string_view piece);

    int check_framing();
    bool target_fits(std::string_view host) const;
    int check_expectation();
    int refuse(int status);
    Event stop(int status);
    std::string_view value_of(const Field& field) const;

    const Limits limits_;
    llhttp_t parser_;
    Phase phase_ = Phase::between;
    Part part_ = Part::none;
    bool keep_alive_ = true;
    bool wants_continue_ = false;
    bool whole_ = false;
    bool line_end_pending_ =
        false;  // a header's name was followed by a line end: an empty value, or a folded one
    char last_byte_ = '\n';     // the one before the piece being parsed
    size_t line_size_ = 0;      // of the line of head or trailer that is arriving, so far
    char line_first_ = 0;       // its first byte
    bool lines_begun_ = false;  // there was a line that isn't empty
    bool lines_over_ = false;   // the empty line came
    int refused_ = 0;
    size_t head_seen_ = 0;     // bytes of this request's head so far
    size_t framing_seen_ = 0;  // bytes of the body phase that were not body
    size_t body_seen_ = 0;
    const char* piece_begin_ = nullptr;  // the bytes given to llhttp now
    const char* value_end_ = nullptr;    // where the last piece of a header value ended

    std::string head_;  // target, then names and values; reused by all requests of the connection
    uint32_t url_end_ = 0;
    std::vector<Field> fields_;
    std::string body_;        // as long as it will be, when that is known
    size_t body_filled_ = 0;  // of it
};

}  // namespace fors::http
