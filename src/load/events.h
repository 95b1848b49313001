// SPDX-License-Identifier: Apache-2.0
// EventReader: takes the messages of application/vnd.amazon.eventstream out of a body as it comes.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace fors::load {

struct Event {
    std::string_view message;  // "event", "exception", "error"
    std::string_view type;     // "initial-response", "SubscribeToShardEvent", an exception's name
    std::string_view payload;
};

class EventReader {
public:
    // Calls `use` for each message that is whole. False: what came is no event stream, or a
    // checksum does not fit; nothing more can be read then.
    bool feed(Bytes piece, const std::function<void(const Event&)>& use);
    void clear() { held_.clear(); }

private:
    std::string held_;
};

}  // namespace fors::load
