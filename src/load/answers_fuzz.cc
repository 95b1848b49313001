// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as what a server sends to `fors bench`: over HTTP/1.1 or
// HTTP/2, in pieces, its bodies read as events; and as events whose checksums are right. Each
// request ends once, and nothing is told of it afterwards.
#include <libdeflate.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "http/client.h"
#include "load/events.h"

namespace fors::load {
namespace {

constexpr uint32_t streams_max = 3;

// Asks again whenever an answer has ended, as the generator does.
class Asker final : public http::ClientConnection::Events {
public:
    explicit Asker(bool http2)
        : connection_(http2 ? http::make_http2_client(streams_max, "http", *this)
                            : http::make_http1_client(*this)) {
        ask();
    }

    void on_head(http::StreamId stream, int) override { FORS_ASSERT(open_.contains(stream)); }
    void on_body(http::StreamId stream, Bytes piece) override {
        const auto at = open_.find(stream);
        FORS_ASSERT(at != open_.end());
        if (!at->second.feed(piece, [](const Event&) {})) at->second.clear();
    }
    void on_end(http::StreamId stream, bool) override {
        FORS_ASSERT(open_.erase(stream) == 1);
        ask();
    }

    void hear(std::string_view bytes, size_t step) {
        bool alive = true;
        for (size_t at = 0; at < bytes.size() && alive; at += step) {
            alive = connection_->feed(as_bytes(bytes.substr(at, step)));
            std::vector<std::string> pieces;
            connection_->take_pieces(pieces);
        }
        over_ = true;
        connection_->close();
        FORS_ASSERT(open_.empty());
    }

private:
    void ask() {
        if (over_ || connection_->room() == 0) return;
        const http::StreamId stream =
            connection_->post({.path = "/", .authority = "a", .headers = {}, .body = "{}"});
        FORS_ASSERT(open_.try_emplace(stream).second);
    }

    std::map<http::StreamId, EventReader> open_;
    std::unique_ptr<http::ClientConnection> connection_;
    bool over_ = false;
};

void append_number(std::string& to, uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) to += static_cast<char>(number >> shift);
}

void append_checksum(std::string& to) {
    append_number(to, libdeflate_crc32(0, to.data(), to.size()));
}

// One message; its first bytes are headers.
void hear_event(std::string_view bytes, size_t headers) {
    std::string message;
    append_number(message, static_cast<uint32_t>(bytes.size() + 16));
    append_number(message, static_cast<uint32_t>(headers));
    append_checksum(message);
    message += bytes;
    append_checksum(message);
    EventReader reader;
    size_t heard = 0;
    const auto hear = [&](const Event& event) { heard += 1 + event.payload.size(); };
    if (!reader.feed(as_bytes(message), hear)) return;
    FORS_ASSERT(heard == 1 + bytes.size() - headers);
}

}  // namespace
}  // namespace fors::load

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::load;
    if (size < 2) return 0;
    const unsigned kind = data[0] % 3;
    const size_t number = data[1];
    const std::string_view rest(reinterpret_cast<const char*>(data + 2), size - 2);
    if (kind == 2) {
        if (number <= rest.size()) hear_event(rest, number);
        return 0;
    }
    Asker(kind == 1).hear(rest, number + 1);
    return 0;
}
