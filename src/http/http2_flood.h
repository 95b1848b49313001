// SPDX-License-Identifier: Apache-2.0
// Http2Flood: tells a client at work from one that only keeps the server at work.
//
// No clock is needed: frames that bring nothing on (PING, SETTINGS, PRIORITY, WINDOW_UPDATE, empty
// or tiny DATA, heads of streams that are refused) run up a debt, requests and answers pay it off.
// Streams that end badly are counted apart against those that end well, since each has cost a
// request.
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <cstddef>

namespace fors::http {

class Http2Flood {
public:
    explicit Http2Flood(size_t idle_frames_max) : idle_frames_max_(idle_frames_max) {}

    void on_frame(const nghttp2_frame_hd& head) {
        const bool brings_body =
            head.type == NGHTTP2_DATA &&
            (head.length >= small_body_bytes || (head.flags & NGHTTP2_FLAG_END_STREAM) != 0);
        if (!brings_body) ++idle_frames_;
    }
    void on_request() { pay(frames_a_request); }
    void on_sent() { pay(frames_a_piece); }
    void on_close(bool well) {
        if (!well)
            ++resets_;
        else if (resets_ > 0)
            --resets_;
    }
    void end() { ended_ = true; }

    bool over() const { return ended_ || resets_ > resets_max || idle_frames_ > idle_frames_max_; }

private:
    static constexpr size_t small_body_bytes = 64;
    static constexpr size_t frames_a_request = 16;  // its head, settings, window updates, a ping
    static constexpr size_t frames_a_piece = 4;     // two window updates, a ping
    static constexpr size_t resets_max = 200;

    void pay(size_t frames) { idle_frames_ -= std::min(idle_frames_, frames); }

    const size_t idle_frames_max_;
    size_t idle_frames_ = 0;
    size_t resets_ = 0;  // streams that ended badly, less those that ended well
    bool ended_ = false;
};

}  // namespace fors::http
