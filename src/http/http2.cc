// SPDX-License-Identifier: Apache-2.0
// Http2: nghttp2 keeps the protocol's state; this keeps the exchanges and the limits nghttp2 knows
// nothing of.
#include "http/http2.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "http/http1_response.h"
#include "http/http2_callbacks.h"

namespace fors::http {

namespace {

constexpr uint32_t stream_window_bytes = 1 << 20;
constexpr int32_t connection_window_bytes = 16 << 20;
constexpr size_t buffered_bodies_max =
    16;  // request bodies of the largest size a connection may hold, half-arrived or waiting
constexpr size_t swallowed_bodies_max = 4;
constexpr size_t first_answers = 64;  // so many at once before the size of any is known
constexpr size_t endless_heads = 16;  // a head so many times too large ends the connection

uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 only reads them
}

nghttp2_nv field(std::string_view name, std::string_view value, int flags = 0) {
    return {bytes_of(name), bytes_of(value), name.size(), value.size(),
            static_cast<uint8_t>(flags | NGHTTP2_NV_FLAG_NO_COPY_NAME)};
}

// Values that never come again would only push useful ones out of the client's table.
int index_flag(std::string_view name) {
    const bool unique = name == "date" || name.starts_with("x-amz");
    return unique ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE;
}

bool connection_specific(std::string_view name) {
    return name == "connection" || name == "keep-alive" || name == "transfer-encoding" ||
           name == "upgrade" || name == "proxy-connection";
}

}  // namespace

Http2::Http2(const Limits& limits, Events& events)
    : limits_(limits),
      events_(events),
      flood_(limits.idle_frames_max),
      expected_answer_(limits.answers_held_max / first_answers) {
    nghttp2_session* session = nullptr;
    const int made =
        nghttp2_session_server_new2(&session, http2_callbacks(), this, http2_options());
    FORS_ASSERT(made == 0);  // only memory can lack
    session_.reset(session);
    const nghttp2_settings_entry settings[] = {
        {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limits.streams_max},
        {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window_bytes},
        {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, static_cast<uint32_t>(limits.head_bytes_max)},
        {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1},
    };
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, std::size(settings));
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, connection_window_bytes);
}

bool Http2::feed(Bytes in) {
    if (dead_) return false;
    edge_.pass(in);
    const ssize_t used = nghttp2_session_mem_recv(
        session_.get(), reinterpret_cast<const uint8_t*>(in.data()), in.size());
    if (used == NGHTTP2_ERR_FLOODED || used == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS ||
        flood_.over()) {
        calm_down();
    } else if (used < 0) {
        pump();  // what was to be said before, a GOAWAY among it
        dead_ = true;
    }
    deliver();
    pump();                     // only a GOAWAY that is written tells finished()
    if (dead_) ready_.clear();  // nobody could be answered
    return !finished();
}

void Http2::calm_down() {
    nghttp2_session_terminate_session(session_.get(), NGHTTP2_ENHANCE_YOUR_CALM);
    pump();
    dead_ = true;
}

int Http2::on_begin_headers(StreamId id) {
    auto stream = std::make_unique<Http2Stream>();
    stream->id = id;
    nghttp2_session_set_stream_user_data(session_.get(), static_cast<int32_t>(id), stream.get());
    streams_[id] = std::move(stream);
    ++arriving_;
    return 0;
}

int Http2::on_header(Http2Stream& stream, std::string_view name, std::string_view value) {
    if (stream.head_done) return 0;  // a trailer
    if (!stream.request.add_header(name, value, limits_.head_bytes_max)) stream.too_large = true;
    // A few bytes on the wire may stand for many (HPACK): a head without end is not read to its
    // end.
    if (stream.request.size() <= endless_heads * limits_.head_bytes_max) return 0;
    flood_.end();
    return NGHTTP2_ERR_CALLBACK_FAILURE;
}

void Http2::on_head(Http2Stream& stream) {
    stream.head_done = true;
    if (stream.too_large) return refuse(stream, 431);
    if (stream.request.contradicts_itself()) return refuse(stream, 400);
    if (stream.request.method() == "CONNECT") return refuse(stream, 405);
    const uint64_t length = stream.request.content_length();
    if (length > limits_.body_bytes_max) return refuse(stream, 413);
    if (!charge(stream, static_cast<size_t>(length))) return refuse(stream, 503);
    if (length > 0) stream.request.body.reserve(static_cast<size_t>(length) + body_padding);
    if (stream.request.header("expect") == "100-continue") {
        const nghttp2_nv status = field(":status", "100");
        nghttp2_submit_headers(session_.get(), NGHTTP2_FLAG_NONE, static_cast<int32_t>(stream.id),
                               nullptr, &status, 1, nullptr);
    }
}

void Http2::on_data(Http2Stream& stream, std::string_view data) {
    if (stream.refused) return swallow(stream, data.size());
    if (stream.request.body.size() + data.size() > limits_.body_bytes_max)
        return refuse(stream, 413);
    if (!charge(stream, stream.request.body.size() + data.size())) return refuse(stream, 503);
    stream.request.body.append(data);
}

// The answer is out while the client still sends. A reset would stop it at once, but clients exist
// (curl 7.88) that lose the answer over the reset; so it comes only when there is too much to
// swallow.
void Http2::swallow(Http2Stream& stream, size_t bytes) {
    stream.swallowed += bytes;
    if (stream.swallowed > swallowed_bodies_max * limits_.body_bytes_max)
        nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE,
                                  static_cast<int32_t>(stream.id), NGHTTP2_NO_ERROR);
}

// Bodies that were promised or came, of requests that nobody has been given yet: all streams of a
// connection together may hold so much.
bool Http2::charge(Http2Stream& stream, size_t body_bytes) {
    if (body_bytes <= stream.buffered) return true;
    const size_t more = body_bytes - stream.buffered;
    if (buffered_ + more > buffered_bodies_max * limits_.body_bytes_max) return false;
    stream.buffered += more;
    buffered_ += more;
    return true;
}

void Http2::on_whole(Http2Stream& stream) {
    if (std::exchange(stream.whole, true)) return;
    --arriving_;
    flood_.on_request();
    if (!stream.refused) ready_.push_back(stream.id);
}

void Http2::on_close(StreamId id, uint32_t error_code) {
    const auto found = streams_.find(id);
    const bool taken_back = found != streams_.end() && found->second->taken_back;
    flood_.on_close(error_code == NGHTTP2_NO_ERROR && !taken_back);
    if (found == streams_.end()) return;
    Http2Stream& stream = *found->second;
    nghttp2_session_set_stream_user_data(session_.get(), static_cast<int32_t>(id), nullptr);
    if (!stream.whole) --arriving_;
    give_back(stream);
    if (!stream.in_pieces) answers_held_ -= stream.answer.held();
    if (stream.under_way()) {
        --under_way_;
        if (!stream.begun) --unanswered_;
        cancelled_.push_back(id);
    }
    streams_.erase(found);
}

// What answers may take up here is limited by not asking for more of them: flow control, which is
// the client's, may hold every one of them for ever. Those to come count as large as those before.
bool Http2::has_room() const {
    if (unanswered_ >= limits_.unanswered_max) return false;
    return answers_held_ + unanswered_ * expected_answer_ < limits_.answers_held_max;
}

void Http2::give_back(Http2Stream& stream) { buffered_ -= std::exchange(stream.buffered, 0); }

void Http2::deliver() {
    if (std::exchange(delivering_, true)) return;
    while (!ready_.empty() && has_room()) {
        Http2Stream* stream = find(ready_.front());
        ready_.pop_front();
        if (!stream) continue;  // taken back before
        stream->announced = true;
        give_back(*stream);
        ++under_way_;
        ++unanswered_;
        events_.on_request(stream->id, stream->request.take());
    }
    for (size_t i = 0; i < cancelled_.size(); ++i) events_.on_cancelled(cancelled_[i]);
    cancelled_.clear();
    delivering_ = false;
}

void Http2::refuse(Http2Stream& stream, int status) {
    stream.refused = true;
    std::string().swap(stream.request.body);
    give_back(stream);
    Response response;
    response.status = status;
    stream.answer.end();
    submit(stream, response, true);
}

void Http2::respond(StreamId id, Response response) {
    Http2Stream* stream = find(id);
    if (!stream || !stream->announced || stream->begun) return;
    expected_answer_ = std::max(response.body.size(), expected_answer_ - expected_answer_ / 8);
    stream->answer.end();
    submit(*stream, response, true);
    --under_way_;
}

bool Http2::begin(StreamId id, Response head) {
    Http2Stream* stream = find(id);
    if (!stream || !stream->announced || stream->begun) return false;
    stream->in_pieces = true;
    submit(*stream, head, false);
    return true;
}

void Http2::submit(Http2Stream& stream, Response& head, bool with_length) {
    if (stream.announced) --unanswered_;
    stream.begun = true;
    std::array<char, 8> status;
    std::array<char, 24> length;
    const auto text = [](auto& digits, size_t number) {
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        return std::string_view(digits.data(), static_cast<size_t>(end - digits.data()));
    };
    fields_.clear();
    fields_.push_back(field(":status", text(status, static_cast<size_t>(head.status))));
    if (!head.content_type.empty()) fields_.push_back(field("content-type", head.content_type));
    for (ResponseHeader& header : head.headers) {
        if (connection_specific(header.name)) continue;
        flatten(header.value);
        fields_.push_back(field(header.name, header.value, index_flag(header.name)));
    }
    const bool may = may_have_body(head.status);
    if (with_length && may)
        fields_.push_back(
            field("content-length", text(length, head.body.size()), NGHTTP2_NV_FLAG_NO_INDEX));

    stream.bodiless = !may || stream.request.method() == "HEAD";
    if (!stream.bodiless && !stream.in_pieces) answers_held_ += head.body.size();
    if (!stream.bodiless) stream.answer.add(std::move(head.body));
    const bool empty = stream.bodiless || (stream.answer.ended() && stream.answer.held() == 0);
    const nghttp2_data_provider source = http2_body_source();
    nghttp2_submit_response(session_.get(), static_cast<int32_t>(stream.id), fields_.data(),
                            fields_.size(), empty ? nullptr : &source);
}

void Http2::write(StreamId id, std::string piece) {
    Http2Stream* stream = find(id);
    if (!stream || !stream->announced || !stream->begun || stream->answer.ended()) return;
    if (stream->bodiless) return;
    stream->answer.add(std::move(piece));
    resume(*stream);
}

void Http2::end(StreamId id) {
    Http2Stream* stream = find(id);
    if (!stream || !stream->announced || !stream->begun || stream->answer.ended()) return;
    stream->answer.end();
    --under_way_;
    resume(*stream);
}

void Http2::resume(Http2Stream& stream) {
    if (!std::exchange(stream.deferred, false)) return;
    nghttp2_session_resume_data(session_.get(), static_cast<int32_t>(stream.id));
}

size_t Http2::held_bytes(StreamId id) const {
    const Http2Stream* stream = find(id);
    return stream ? stream->answer.held() : 0;
}

void Http2::send_data(Http2Stream& stream, std::string_view frame_head, size_t bytes) {
    std::string& to = output_.tail();
    to.append(frame_head);
    stream.answer.draw(to, bytes);
    flood_.on_sent();
    if (stream.in_pieces) return;
    answers_held_ -= bytes;
    answers_left_ += bytes;
}

void Http2::pump() {
    if (dead_) return;
    const uint8_t* data = nullptr;
    ssize_t size = 0;
    while ((size = nghttp2_session_mem_send(session_.get(), &data)) > 0)
        output_.tail().append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    if (size < 0) dead_ = true;
}

void Http2::take_pieces(std::vector<std::string>& pieces) {
    pump();
    output_.take_pieces(pieces);
    deliver();
}

// The GOAWAY is written at once: streams that come after it are refused by their number, and none
// may slip in between.
void Http2::shut_down() {
    if (dead_) return;
    nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE,
                          nghttp2_session_get_last_proc_stream_id(session_.get()), NGHTTP2_NO_ERROR,
                          nullptr, 0);
    pump();
}

bool Http2::finished() const {
    return dead_ || (nghttp2_session_want_read(session_.get()) == 0 &&
                     nghttp2_session_want_write(session_.get()) == 0);
}

Http2Stream* Http2::find(StreamId id) const {
    const auto found = streams_.find(id);
    return found == streams_.end() ? nullptr : found->second.get();
}

}  // namespace fors::http
