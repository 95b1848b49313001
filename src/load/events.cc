// SPDX-License-Identifier: Apache-2.0
// total length, headers length, checksum of both; headers; payload; checksum of all. Big-endian.
#include "load/events.h"

#include <libdeflate.h>

#include <cstdint>
#include <optional>

namespace fors::load {

namespace {

constexpr size_t prelude_bytes = 12;
constexpr size_t checksum_bytes = 4;
constexpr size_t message_bytes_max = 32 << 20;
constexpr uint8_t text_header = 7;

uint32_t number_at(std::string_view bytes, size_t at) {
    uint32_t value = 0;
    for (size_t each = 0; each < 4; ++each)
        value = value << 8 | static_cast<unsigned char>(bytes[at + each]);
    return value;
}

bool checksum_fits(std::string_view bytes, size_t at) {
    return libdeflate_crc32(0, bytes.data(), at) == number_at(bytes, at);
}

// Name length, name, type, value length, value. Kinesis has headers of text alone.
std::optional<Event> event_of(std::string_view headers, std::string_view payload) {
    Event event{.message = {}, .type = {}, .payload = payload};
    const auto take = [&](size_t size) {
        const std::string_view part = headers.substr(0, size);
        headers.remove_prefix(part.size());
        return part;
    };
    while (!headers.empty()) {
        const auto name = take(1 + static_cast<unsigned char>(headers[0])).substr(1);
        const std::string_view head = take(3);
        if (head.size() < 3 || head[0] != text_header) return std::nullopt;
        const auto high = static_cast<unsigned char>(head[1]);
        const auto low = static_cast<unsigned char>(head[2]);
        const std::string_view value = take(size_t{high} << 8 | low);
        if (name == ":message-type") event.message = value;
        if (name == ":event-type" || name == ":exception-type" || name == ":error-code")
            event.type = value;
    }
    return event;
}

}  // namespace

bool EventReader::feed(Bytes piece, const std::function<void(const Event&)>& use) {
    append(held_, piece);
    size_t done = 0;
    while (held_.size() - done >= prelude_bytes) {
        const std::string_view rest = std::string_view(held_).substr(done);
        if (!checksum_fits(rest, 8)) return false;
        const size_t size = number_at(rest, 0);
        const size_t headers = number_at(rest, 4);
        if (size > message_bytes_max || headers > size ||
            size < prelude_bytes + headers + checksum_bytes)
            return false;
        if (rest.size() < size) break;
        const std::string_view message = rest.substr(0, size);
        if (!checksum_fits(message, size - checksum_bytes)) return false;
        const auto event =
            event_of(message.substr(prelude_bytes, headers),
                     message.substr(prelude_bytes + headers,
                                    size - prelude_bytes - headers - checksum_bytes));
        if (!event) return false;
        use(*event);
        done += size;
    }
    held_.erase(0, done);
    return true;
}

}  // namespace fors::load
