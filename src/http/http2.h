// SPDX-License-Identifier: Apache-2.0
// Http2: the server side of one HTTP/2 connection; the bytes fed begin with the client's preface.
#pragma once

#include <nghttp2/nghttp2.h>

#include <deque>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "http/http.h"
#include "http/http2_flood.h"
#include "http/http2_frame_edge.h"
#include "http/http2_stream.h"
#include "http/output.h"

namespace fors::http {

class Http2 final : public Connection {
public:
    Http2(const Limits& limits, Events& events);

    bool feed(Bytes in) override;
    bool wants_input() const override { return true; }  // flow control is HTTP/2's own
    void respond(StreamId stream, Response response) override;
    bool begin(StreamId stream, Response head) override;
    void write(StreamId stream, std::string piece) override;
    void end(StreamId stream) override;
    size_t held_bytes(StreamId stream) const override;
    void take_pieces(std::vector<std::string>& pieces) override;
    void shut_down() override;
    bool finished() const override;
    Held answers_held() const override { return {answers_held_, answers_left_}; }
    size_t requests_under_way() const override { return under_way_ + ready_.size(); }
    bool request_arriving() const override { return arriving_ > 0 || edge_.within(); }
    std::string_view protocol() const override { return "h2"; }
    bool encrypted() const override { return false; }

private:
    friend struct Http2Callbacks;

    // Called by nghttp2 from within feed() or pump(). They note what happened; events go out when
    // nghttp2 has returned, so that an answer given inside an event may be sent at once.
    void on_begin_frame(const nghttp2_frame_hd& head) { flood_.on_frame(head); }
    int on_begin_headers(StreamId id);
    int on_header(Http2Stream& stream, std::string_view name, std::string_view value);
    void on_head(Http2Stream& stream);
    void on_data(Http2Stream& stream, std::string_view data);
    void on_whole(Http2Stream& stream);
    void on_close(StreamId id, uint32_t error_code);
    void send_data(Http2Stream& stream, std::string_view frame_head, size_t bytes);

    Http2Stream* find(StreamId id) const;
    void pump();
    void deliver();
    bool has_room() const;
    void calm_down();
    void refuse(Http2Stream& stream, int status);
    void submit(Http2Stream& stream, Response& head, bool with_length);
    void resume(Http2Stream& stream);
    void swallow(Http2Stream& stream, size_t bytes);
    bool charge(Http2Stream& stream, size_t body_bytes);
    void give_back(Http2Stream& stream);

    struct SessionDeleter {
        void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
    };

    const Limits limits_;
    Events& events_;
    std::unique_ptr<nghttp2_session, SessionDeleter> session_;
    std::unordered_map<StreamId, std::unique_ptr<Http2Stream>> streams_;
    std::deque<StreamId> ready_;       // whole requests not yet announced
    std::vector<StreamId> cancelled_;  // taken back, not yet told
    std::vector<nghttp2_nv> fields_;   // of the answer being submitted
    Output output_;
    Http2Flood flood_;
    Http2FrameEdge edge_;
    size_t under_way_ = 0;
    size_t unanswered_ = 0;      // of these, those whose answer has not begun
    size_t expected_answer_;     // bytes of the largest of late
    size_t answers_held_ = 0;    // bytes of whole answers not yet drawn
    uint64_t answers_left_ = 0;  // drawn
    size_t arriving_ = 0;
    size_t buffered_ = 0;  // bytes of request bodies not yet announced
    bool delivering_ = false;
    bool dead_ = false;  // the session must not be touched again
};

inline std::unique_ptr<Connection> make_http2_connection(const Limits& limits,
                                                         Connection::Events& events) {
    return std::make_unique<Http2>(limits, events);
}

}  // namespace fors::http
