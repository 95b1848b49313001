// SPDX-License-Identifier: Apache-2.0
// Http2Stream: one exchange: the request as it gathers, then the answer as it leaves.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/http.h"
#include "http/output.h"

namespace fors::http {

// The request's half.
class Http2Request {
public:
    // False: the head has become larger than `head_bytes_max`, which counts as
    // SETTINGS_MAX_HEADER_LIST_SIZE does.
    bool add_header(std::string_view name, std::string_view value, size_t head_bytes_max);
    // The first header of that name, for looks before the request is whole.
    std::string_view header(std::string_view name) const;
    bool contradicts_itself() const { return two_hosts_; }  // :authority and host differ
    size_t size() const { return size_; }
    std::string_view method() const { return text_of(method_); }
    uint64_t content_length() const;  // 0 when none was given

    std::string body;
    Request take();

private:
    struct Part {
        uint32_t begin = 0;
        uint32_t size = 0;
    };
    struct Field {
        Part name;
        Part value;
    };
    Part keep(std::string_view text);
    std::string_view text_of(Part part) const {
        return std::string_view(head_).substr(part.begin, part.size);
    }

    std::string head_;
    std::vector<Field> fields_;
    Part method_;
    Part target_;
    size_t size_ = 0;
    bool has_authority_ = false;
    bool two_hosts_ = false;
};

// The answer's half: pieces of a body, given in by the caller and drawn out by flow control.
class Http2Body {
public:
    void add(std::string&& piece);
    void end() { ended_ = true; }
    bool ended() const { return ended_; }
    size_t held() const { return held_; }
    void draw(std::string& to, size_t bytes);

private:
    std::vector<std::string> pieces_;
    size_t first_ = 0;   // pieces before it are drawn
    size_t offset_ = 0;  // drawn of the first
    size_t held_ = 0;
    bool ended_ = false;
};

struct Http2Stream {
    StreamId id = 0;
    Http2Request request;
    Http2Body answer;
    size_t buffered = 0;      // bytes of its request body, as charged to the connection
    size_t swallowed = 0;     // bytes of it that came after a refusal
    bool too_large = false;   // the head
    bool taken_back = false;  // the client has reset it, whatever code it gave
    bool in_pieces = false;   // the answer was begun, not given whole
    bool head_done = false;
    bool whole = false;      // the client's half is over
    bool announced = false;  // on_request() was called
    bool begun = false;      // the head of an answer was submitted
    bool refused = false;    // answered by ourselves
    bool bodiless = false;   // the answer has no body, whatever is written
    bool deferred = false;   // nghttp2 waits for more of the body

    bool under_way() const { return announced && !(begun && answer.ended()); }
};

}  // namespace fors::http
