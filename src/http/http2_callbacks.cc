// SPDX-License-Identifier: Apache-2.0
// The callbacks translate nghttp2's frames into calls on Http2; nothing is decided here.
#include "http/http2_callbacks.h"

#include <algorithm>
#include <string_view>

#include "http/http2.h"

namespace fors::http {

namespace {

std::string_view text(const uint8_t* data, size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

constexpr size_t frame_head_bytes = 9;

}  // namespace

struct Http2Callbacks {
    static Http2& self(void* user) { return *static_cast<Http2*>(user); }

    static Http2Stream* stream(nghttp2_session* session, int32_t id) {
        return static_cast<Http2Stream*>(nghttp2_session_get_stream_user_data(session, id));
    }

    static int begin_frame(nghttp2_session*, const nghttp2_frame_hd* head, void* user) {
        self(user).on_begin_frame(*head);
        return 0;
    }

    static int begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST)
            return 0;
        return self(user).on_begin_headers(static_cast<StreamId>(frame->hd.stream_id));
    }

    static int header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
                      size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                      void* user) {
        if (Http2Stream* s = stream(session, frame->hd.stream_id))
            return self(user).on_header(*s, text(name, name_size), text(value, value_size));
        return 0;
    }

    static int data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* data, size_t size,
                    void* user) {
        if (Http2Stream* s = stream(session, id)) self(user).on_data(*s, text(data, size));
        return 0;
    }

    static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* user) {
        const auto type = frame->hd.type;
        if (type != NGHTTP2_HEADERS && type != NGHTTP2_DATA && type != NGHTTP2_RST_STREAM) return 0;
        Http2Stream* s = stream(session, frame->hd.stream_id);
        if (!s) return 0;
        if (type == NGHTTP2_RST_STREAM) {
            s->taken_back = true;
            return 0;
        }
        if (!s->head_done) self(user).on_head(*s);
        if (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) self(user).on_whole(*s);
        return 0;
    }

    static int stream_closed(nghttp2_session*, int32_t id, uint32_t error_code, void* user) {
        self(user).on_close(static_cast<StreamId>(id), error_code);
        return 0;
    }

    static ssize_t body_bytes(nghttp2_session* session, int32_t id, uint8_t*, size_t size_max,
                              uint32_t* flags, nghttp2_data_source*, void*) {
        Http2Stream* s = stream(session, id);
        if (!s) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        const size_t size = std::min(size_max, s->answer.held());
        const bool last = s->answer.ended() && size == s->answer.held();
        if (size == 0 && !last) {
            s->deferred = true;
            return NGHTTP2_ERR_DEFERRED;
        }
        *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
        if (last) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(size);
    }

    static int send_data(nghttp2_session* session, nghttp2_frame* frame, const uint8_t* frame_head,
                         size_t size, nghttp2_data_source*, void* user) {
        Http2Stream* s = stream(session, frame->hd.stream_id);
        if (!s) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        self(user).send_data(*s, text(frame_head, frame_head_bytes), size);
        return 0;
    }
};

const nghttp2_session_callbacks* http2_callbacks() {
    static const nghttp2_session_callbacks* const all = [] {
        nghttp2_session_callbacks* c = nullptr;
        nghttp2_session_callbacks_new(&c);
        nghttp2_session_callbacks_set_on_begin_frame_callback(c, Http2Callbacks::begin_frame);
        nghttp2_session_callbacks_set_on_begin_headers_callback(c, Http2Callbacks::begin_headers);
        nghttp2_session_callbacks_set_on_header_callback(c, Http2Callbacks::header);
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, Http2Callbacks::data);
        nghttp2_session_callbacks_set_on_frame_recv_callback(c, Http2Callbacks::frame_received);
        nghttp2_session_callbacks_set_on_stream_close_callback(c, Http2Callbacks::stream_closed);
        nghttp2_session_callbacks_set_send_data_callback(c, Http2Callbacks::send_data);
        return c;
    }();
    return all;
}

const nghttp2_option* http2_options() {
    static const nghttp2_option* const options = [] {
        nghttp2_option* o = nullptr;
        nghttp2_option_new(&o);
        nghttp2_option_set_no_closed_streams(o, 1);
        return o;
    }();
    return options;
}

nghttp2_data_provider http2_body_source() {
    return {.source = {.ptr = nullptr}, .read_callback = Http2Callbacks::body_bytes};
}

}  // namespace fors::http
