// SPDX-License-Identifier: Apache-2.0
// EventFrame: one message of application/vnd.amazon.eventstream (reference, section 2.8).
#pragma once

#include <string>
#include <string_view>

namespace fors::core {

inline constexpr std::string_view event_stream_type = "application/vnd.amazon.eventstream";

// Made with its headers, given its payload, finished.
class EventFrame {
public:
    static EventFrame event(std::string_view type);  // "initial-response", a member of the union
    static EventFrame exception(std::string_view type);  // of the model; the last of its stream

    // Append the payload here.
    std::string& payload() { return bytes_; }
    // Lengths and checksums filled in.
    std::string finish() &&;

private:
    EventFrame(std::string_view message, std::string_view type_header, std::string_view type);
    void add_header(std::string_view name, std::string_view value);

    std::string bytes_;
    size_t headers_end_ = 0;
};

}  // namespace fors::core
