// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as HTTP/1.x, fed whole and in pieces, must give the same requests and the
// same answers; and what is taken for a request, llhttp must read alike or refuse.
#include <algorithm>
#include <cctype>
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "http/http.h"
#include "http/target.h"
#include "http/test_events.h"
#include "http/test_llhttp.h"

namespace fors::http {
namespace {

constexpr Limits limits{.head_bytes_max = 512, .body_bytes_max = 256, .pipelined_max = 3};

// Everything a connection did, as one text.
std::string story(Bytes all, size_t step, bool late) {
    TestEvents events;
    const auto connection = make_server_connection(limits, nullptr, events);
    std::string told;
    events.answer = [&](StreamId stream, const Request& request) {
        told += std::string(request.method) + ' ' + std::string(request.path) + '?';
        told += request.query;
        for (const Header& header : request.headers)
            told += '\n' + std::string(header.name) + ':' + std::string(header.value);
        told += '\n' + request.body + '\n';
        if (!late) connection->respond(stream, text_response(200, request.body));
    };
    bool alive = true;
    while (!all.empty() && alive) {
        const Bytes part = all.first(std::min(step, all.size()));
        all = all.subspan(part.size());
        alive = connection->feed(part);
    }
    for (size_t i = 0; i < events.seen.size(); ++i)
        if (late)
            connection->respond(events.seen[i].stream,
                                text_response(200, events.seen[i].request.body));
    FORS_ASSERT(connection->requests_under_way() == 0);
    FORS_ASSERT(alive || connection->finished());
    told += connection->take_output();
    // It depends on how the bytes arrive, rightly.
    constexpr std::string_view interim = "HTTP/1.1 100 Continue\r\n\r\n";
    for (size_t at = told.find(interim); at != told.npos; at = told.find(interim, at))
        told.erase(at, interim.size());
    return told;
}

bool ends_alike(std::string_view theirs, std::string_view ours) {
    while (!theirs.empty() && (theirs.back() == ' ' || theirs.back() == '\t'))
        theirs.remove_suffix(1);
    return theirs == ours;
}

bool alike(const LlhttpReader::Read& theirs, const Request& ours) {
    const auto same_field = [](const auto& field, const Header& header) {
        const auto same_letter = [](char one, char other) {
            return std::tolower(static_cast<unsigned char>(one)) == other;
        };
        return std::ranges::equal(field.first, header.name, same_letter) &&
               ends_alike(field.second, header.value);
    };
    Request target;
    set_target(target, theirs.target);
    return theirs.method == ours.method && target.query == ours.query &&
           target.path.ends_with(ours.path == "/" ? "" : ours.path) &&
           std::ranges::equal(theirs.headers, ours.headers, same_field) && theirs.body == ours.body;
}

void compare_with_llhttp(Bytes all) {
    TestEvents events;
    const auto connection = make_server_connection(limits, nullptr, events);
    const LlhttpReader::Reading theirs = LlhttpReader::read(all);
    size_t count = 0;
    events.answer = [&](StreamId stream, const Request& request) {
        if (count < theirs.requests.size())
            FORS_ASSERT(alike(theirs.requests[count], request));
        else
            FORS_ASSERT(theirs.refused);
        ++count;
        connection->respond(stream, text_response(200, ""));
    };
    connection->feed(all);
}

}  // namespace
}  // namespace fors::http

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::http;
    const fors::Bytes all = std::as_bytes(std::span(data, size));
    if (size > 0 && data[0] == 0x16) return 0;
    if (fors::as_text(all).starts_with("PRI * HTTP/2.0")) return 0;
    const std::string whole = story(all, size, false);
    FORS_ASSERT(whole == story(all, 1, false));
    story(all, 7, true);
    compare_with_llhttp(all);
    return 0;
}
