// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes after the HTTP/2 preface, in pieces, with answers at once, late, streamed,
// or none.
#include <cstdint>
#include <string>
#include <vector>

#include "base/assert.h"
#include "http/http.h"
#include "http/test_events.h"

namespace fors::http {
namespace {

constexpr Limits limits{.head_bytes_max = 512, .body_bytes_max = 256, .streams_max = 5};

void answer_somehow(Connection& connection, StreamId stream, unsigned choice) {
    switch (choice % 5) {
        case 0:
            return connection.respond(stream, text_response(200, "small"));
        case 1:
            return connection.respond(stream, text_response(200, std::string(100000, 'x')));
        case 2:
            connection.begin(stream, text_response(200, "piece"));
            return;
        case 3:
            connection.begin(stream, text_response(200, ""));
            connection.write(stream, std::string(1000, 'y'));
            return connection.end(stream);
        default:
            return;
    }
}

}  // namespace
}  // namespace fors::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::http;
    if (size < 2) return 0;
    const size_t step = data[0] + 1u;
    const unsigned choice = data[1];
    TestEvents events;
    const auto connection = make_server_connection(limits, nullptr, events);
    events.answer = [&](StreamId stream, const Request&) {
        answer_somehow(*connection, stream, choice + stream / 2);
    };
    const std::string all = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" +
                            std::string(reinterpret_cast<const char*>(data + 2), size - 2);
    bool alive = true;
    for (size_t at = 0; at < all.size() && alive; at += step) {
        alive = connection->feed(fors::as_bytes(std::string_view(all).substr(at, step)));
        if (choice & 0x40) connection->take_output();
        for (const SeenRequest& seen : events.seen) connection->write(seen.stream, "more");
    }
    FORS_ASSERT(alive || connection->finished());
    connection->shut_down();
    for (const SeenRequest& seen : events.seen) {
        answer_somehow(*connection, seen.stream, choice >> 3);
        connection->end(seen.stream);
    }
    connection->take_output();
    return 0;
}
