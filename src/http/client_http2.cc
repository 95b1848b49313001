// SPDX-License-Identifier: Apache-2.0
// A client of HTTP/2: nghttp2 keeps the protocol's state, this the requests under way.
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <unordered_map>

#include "base/assert.h"
#include "http/client.h"
#include "http/output.h"

namespace fors::http {

namespace {

constexpr uint32_t stream_window_bytes = 4 << 20;
constexpr int32_t connection_window_bytes = 16 << 20;
constexpr uint32_t frame_bytes = 256 << 10;  // what is read at once; fewer frames for big answers

uint8_t* bytes_of(std::string_view text) {
    return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));  // nghttp2 only reads them
}

nghttp2_nv field(std::string_view name, std::string_view value) {
    // Values that never come again would only push useful ones out of the server's table.
    const bool unique = name == "authorization" || name == "x-amz-date";
    return {bytes_of(name), bytes_of(value), name.size(), value.size(),
            static_cast<uint8_t>(unique ? NGHTTP2_NV_FLAG_NO_INDEX : NGHTTP2_NV_FLAG_NONE)};
}

class Http2Client final : public ClientConnection {
public:
    Http2Client(uint32_t streams_max, std::string_view scheme, Events& events)
        : events_(events), scheme_(scheme), streams_max_(streams_max) {
        const int made = nghttp2_session_client_new(&session_, callbacks(), this);
        FORS_ASSERT(made == 0);  // only memory can lack
        const nghttp2_settings_entry settings[] = {
            {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
            {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, stream_window_bytes},
            {NGHTTP2_SETTINGS_MAX_FRAME_SIZE, frame_bytes},
        };
        nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings, std::size(settings));
        nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                              connection_window_bytes);
    }
    ~Http2Client() override { nghttp2_session_del(session_); }
    Http2Client(const Http2Client&) = delete;
    Http2Client& operator=(const Http2Client&) = delete;

    size_t room() const override {
        if (over_ || !nghttp2_session_check_request_allowed(session_)) return 0;
        const size_t most = std::min(
            streams_max_,
            nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS));
        return most > exchanges_.size() ? most - exchanges_.size() : 0;
    }

    StreamId post(const Post& request) override {
        char digits[24];
        const auto end = std::to_chars(digits, std::end(digits), request.body.size()).ptr;
        fields_.clear();
        fields_.push_back(field(":method", "POST"));
        fields_.push_back(field(":scheme", scheme_));
        fields_.push_back(field(":path", request.path));
        fields_.push_back(field(":authority", request.authority));
        for (const Header& header : request.headers)
            fields_.push_back(field(header.name, header.value));
        fields_.push_back(field("content-length", {digits, end}));
        const nghttp2_data_provider source{.source = {.ptr = nullptr}, .read_callback = read_body};
        const int32_t id = nghttp2_submit_request(session_, nullptr, fields_.data(), fields_.size(),
                                                  &source, nullptr);
        FORS_ASSERT(id > 0);
        exchanges_[id].body = request.body;
        return static_cast<StreamId>(id);
    }

    bool feed(Bytes in) override {
        if (over_) return false;
        const ssize_t used = nghttp2_session_mem_recv(
            session_, reinterpret_cast<const uint8_t*>(in.data()), in.size());
        pump();  // only a GOAWAY that is written ends a session
        if (used < 0 ||
            (!nghttp2_session_want_read(session_) && !nghttp2_session_want_write(session_))) {
            over_ = true;
            foreign_ = !understood_;
        }
        if (over_) close();
        return !over_;
    }

    void close() override {
        over_ = true;
        std::vector<StreamId> open;
        open.reserve(exchanges_.size());
        for (const auto& each : exchanges_) open.push_back(static_cast<StreamId>(each.first));
        exchanges_.clear();
        for (const StreamId id : open) events_.on_end(id, false);
    }

    void take_pieces(std::vector<std::string>& pieces) override {
        pump();
        output_.take_pieces(pieces);
    }

    std::string_view protocol() const override { return "h2"; }
    std::string failure() const override { return foreign_ ? "the server speaks no HTTP/2" : ""; }

private:
    struct Exchange {
        std::string_view body;
        size_t sent = 0;
        bool whole = false;
    };

    void pump() {
        const uint8_t* data = nullptr;
        ssize_t size = 0;
        while ((size = nghttp2_session_mem_send(session_, &data)) > 0)
            output_.tail().append(reinterpret_cast<const char*>(data), static_cast<size_t>(size));
    }

    static Http2Client& self(void* user) { return *static_cast<Http2Client*>(user); }

    static int on_header(nghttp2_session*, const nghttp2_frame* frame, const uint8_t* name,
                         size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                         void* user) {
        if (std::string_view(reinterpret_cast<const char*>(name), name_size) != ":status") return 0;
        int status = 0;
        const auto* text = reinterpret_cast<const char*>(value);
        std::from_chars(text, text + value_size, status);
        if (status >= 200)
            self(user).events_.on_head(static_cast<StreamId>(frame->hd.stream_id), status);
        return 0;
    }
    static int on_data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* data, size_t size,
                       void* user) {
        self(user).events_.on_body(static_cast<StreamId>(id),
                                   Bytes(reinterpret_cast<const std::byte*>(data), size));
        return 0;
    }
    static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user) {
        self(user).understood_ = true;
        if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM)) return 0;
        if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
        const auto found = self(user).exchanges_.find(frame->hd.stream_id);
        if (found != self(user).exchanges_.end()) found->second.whole = true;
        return 0;
    }
    static int on_close(nghttp2_session*, int32_t id, uint32_t, void* user) {
        Http2Client& client = self(user);
        const auto found = client.exchanges_.find(id);
        if (found == client.exchanges_.end()) return 0;
        const bool whole = found->second.whole;
        client.exchanges_.erase(found);
        client.events_.on_end(static_cast<StreamId>(id), whole);
        return 0;
    }
    static ssize_t read_body(nghttp2_session*, int32_t id, uint8_t* to, size_t size_max,
                             uint32_t* flags, nghttp2_data_source*, void* user) {
        const auto found = self(user).exchanges_.find(id);
        if (found == self(user).exchanges_.end()) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
        Exchange& exchange = found->second;
        const size_t size = std::min(size_max, exchange.body.size() - exchange.sent);
        if (size > 0) std::memcpy(to, exchange.body.data() + exchange.sent, size);
        exchange.sent += size;
        if (exchange.sent == exchange.body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(size);
    }

    static const nghttp2_session_callbacks* callbacks() {
        static const nghttp2_session_callbacks* const all = [] {
            nghttp2_session_callbacks* c = nullptr;
            nghttp2_session_callbacks_new(&c);
            nghttp2_session_callbacks_set_on_header_callback(c, on_header);
            nghttp2_session_callbacks_set_on_data_chunk_recv_callback(c, on_data);
            nghttp2_session_callbacks_set_on_frame_recv_callback(c, on_frame);
            nghttp2_session_callbacks_set_on_stream_close_callback(c, on_close);
            return c;
        }();
        return all;
    }

    Events& events_;
    std::string scheme_;
    uint32_t streams_max_;
    nghttp2_session* session_ = nullptr;
    std::unordered_map<int32_t, Exchange> exchanges_;
    std::vector<nghttp2_nv> fields_;
    Output output_;
    bool understood_ = false;  // a frame has come
    bool foreign_ = false;     // something came that is none
    bool over_ = false;
};

}  // namespace

std::unique_ptr<ClientConnection> make_http2_client(uint32_t streams_max, std::string_view scheme,
                                                    ClientConnection::Events& events) {
    return std::make_unique<Http2Client>(streams_max, scheme, events);
}

}  // namespace fors::http
