// SPDX-License-Identifier: Apache-2.0
// total length, headers length, checksum of both; headers; payload; checksum of all. Big-endian.
#include "core/event_stream.h"

#include <libdeflate.h>

#include <cstdint>

namespace fors::core {

namespace {

constexpr size_t prelude_bytes = 12;
constexpr size_t checksum_bytes = 4;
constexpr char string_header = 7;
constexpr std::string_view payload_type = "application/x-amz-json-1.1";

void put32(std::string& bytes, size_t at, uint32_t value) {
    for (size_t each = 0; each < 4; ++each)
        bytes[at + each] = static_cast<char>(value >> (24 - 8 * each));
}

uint32_t checksum(std::string_view bytes) {
    return libdeflate_crc32(0, bytes.data(), bytes.size());
}

}  // namespace

EventFrame EventFrame::event(std::string_view type) { return {"event", ":event-type", type}; }

EventFrame EventFrame::exception(std::string_view type) {
    return {"exception", ":exception-type", type};
}

EventFrame::EventFrame(std::string_view message, std::string_view type_header,
                       std::string_view type)
    : bytes_(prelude_bytes, '\0') {
    add_header(":message-type", message);
    add_header(type_header, type);
    add_header(":content-type", payload_type);
    headers_end_ = bytes_.size();
}

void EventFrame::add_header(std::string_view name, std::string_view value) {
    bytes_.push_back(static_cast<char>(name.size()));
    bytes_.append(name).push_back(string_header);
    bytes_.push_back(static_cast<char>(value.size() >> 8));
    bytes_.push_back(static_cast<char>(value.size()));
    bytes_.append(value);
}

std::string EventFrame::finish() && {
    put32(bytes_, 0, static_cast<uint32_t>(bytes_.size() + checksum_bytes));
    put32(bytes_, 4, static_cast<uint32_t>(headers_end_ - prelude_bytes));
    put32(bytes_, 8, checksum(std::string_view(bytes_).substr(0, 8)));
    const uint32_t whole = checksum(bytes_);
    bytes_.append(checksum_bytes, '\0');
    put32(bytes_, bytes_.size() - checksum_bytes, whole);
    return std::move(bytes_);
}

}  // namespace fors::core
