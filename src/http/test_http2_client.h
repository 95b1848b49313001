// SPDX-License-Identifier: Apache-2.0
// For tests: a client of HTTP/2 made of an nghttp2 session, which talks to a Connection in memory.
#pragma once

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "http/http.h"

namespace fors::http {

struct Http2Answer {
    std::vector<int> statuses;  // 1xx among them
    std::map<std::string, std::string> headers;
    std::string body;
    bool ended = false;
    bool closed = false;
    uint32_t error_code = 0;
};

class Http2Client {
public:
    explicit Http2Client(std::vector<nghttp2_settings_entry> settings = {}) {
        nghttp2_session_callbacks* c = nullptr;
        nghttp2_session_callbacks_new(&c);
        nghttp2_session_callbacks_set_on_header_callback(c, on_header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
        nghttp2_session_callbacks_set_on_stream_close_callback(c, on_close);
        nghttp2_session_client_new(&session_, c, this);
        nghttp2_session_callbacks_del(c);
        nghttp2_submit_settings(session_, 0, settings.data(), settings.size());
    }
    ~Http2Client() { nghttp2_session_del(session_); }
    Http2Client(const Http2Client&) = delete;
    Http2Client& operator=(const Http2Client&) = delete;

    using Headers = std::vector<std::pair<std::string, std::string>>;
    // With `open` the body is not ended.
    int32_t request(const std::string& method, const std::string& path, const Headers& more = {},
                    std::string body = {}, bool open = false) {
        Headers all{
            {":method", method}, {":path", path}, {":scheme", "http"}, {":authority", "here"}};
        all.insert(all.end(), more.begin(), more.end());
        std::vector<nghttp2_nv> fields;
        for (auto& [name, value] : all)
            fields.push_back({reinterpret_cast<uint8_t*>(name.data()),
                              reinterpret_cast<uint8_t*>(value.data()), name.size(), value.size(),
                              0});
        const bool has_body = open || !body.empty();
        nghttp2_data_provider source{.source = {.ptr = this}, .read_callback = read_body};
        const int32_t id = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                                                  has_body ? &source : nullptr, nullptr);
        bodies_[id] = {std::move(body), 0, open};
        return id;
    }
    void reset(int32_t id, uint32_t code = NGHTTP2_CANCEL) {
        nghttp2_submit_rst_stream(session_, 0, id, code);
    }

    std::string take_output() {
        std::string out;
        const uint8_t* data = nullptr;
        while (const ssize_t size = nghttp2_session_mem_send(session_, &data)) {
            if (size < 0) break;
            out.append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
        }
        return out;
    }
    void feed(const std::string& in) {
        const ssize_t used = nghttp2_session_mem_recv(
            session_, reinterpret_cast<const uint8_t*>(in.data()), in.size());
        EXPECT_EQ(used, static_cast<ssize_t>(in.size()));
    }
    // Carries bytes to and fro till both are silent, in steps of at most `step` bytes.
    void talk(Connection& server, size_t step = 1 << 30) {
        for (bool silent = false; !silent;) {
            const std::string out = take_output();
            for (size_t at = 0; at < out.size(); at += step)
                server.feed(as_bytes(std::string_view(out).substr(at, step)));
            const std::string in = server.take_output();
            feed(in);
            silent = out.empty() && in.empty();
        }
    }

    nghttp2_session* session() { return session_; }
    std::map<int32_t, Http2Answer> answers;
    std::vector<uint32_t> goaways;  // their error codes

private:
    struct Body {
        std::string text;
        size_t sent = 0;
        bool open = false;
    };
    static Http2Client& self(void* user) { return *static_cast<Http2Client*>(user); }

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                         size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                         void* user) {
        Http2Answer& answer = self(user).answers[frame->hd.stream_id];
        const std::string key(reinterpret_cast<const char*>(name), name_size);
        const std::string text(reinterpret_cast<const char*>(value), value_size);
        if (key == ":status")
            answer.statuses.push_back(std::stoi(text));
        else
            answer.headers[key] = text;
        return 0;
    }
    static int on_data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                       void* user) {
        self(user).answers[id].body.append(reinterpret_cast<const char*>(data), size);
        return 0;
    }
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type == NGHTTP2_GOAWAY)
            self(user).goaways.push_back(frame->goaway.error_code);
        if ((frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA) &&
            (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
            self(user).answers[frame->hd.stream_id].ended = true;
        return 0;
    }
    static int on_close(nghttp2_session*, int32_t id, uint32_t code, void* user) {
        self(user).answers[id].closed = true;
        self(user).answers[id].error_code = code;
        return 0;
    }
    static ssize_t read_body(nghttp2_session*, int32_t id, uint8_t* to, size_t size_max,
                             uint32_t* flags, nghttp2_data_source* source, void*) {
        Body& body = static_cast<Http2Client*>(source->ptr)->bodies_[id];
        const size_t size = std::min(size_max, body.text.size() - body.sent);
        if (size == 0 && body.open) return NGHTTP2_ERR_DEFERRED;
        if (size > 0) std::memcpy(to, body.text.data() + body.sent, size);
        body.sent += size;
        if (body.sent == body.text.size() && !body.open) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(size);
    }

    nghttp2_session* session_ = nullptr;
    std::map<int32_t, Body> bodies_;
};

}  // namespace fors::http
