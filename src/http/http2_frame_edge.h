// SPDX-License-Identifier: Apache-2.0
// Http2FrameEdge: whether the bytes so far end within a frame. A client that lets a frame drip is
// to be told from one that rests between frames; nghttp2 says nothing until the frame is whole.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/bytes.h"

namespace fors::http {

class Http2FrameEdge {
public:
    void pass(Bytes in) {
        while (!in.empty()) {
            if (left_ == 0 && head_seen_ < head_bytes) {
                const auto byte = std::to_integer<size_t>(in.front());
                if (head_seen_ < length_bytes) length_ = length_ << 8 | byte;
                in = in.subspan(1);
                if (++head_seen_ < head_bytes) continue;
                left_ = length_;
            } else {
                const size_t part = std::min(left_, in.size());
                left_ -= part;
                in = in.subspan(part);
            }
            if (left_ == 0) head_seen_ = length_ = 0;
        }
    }
    bool within() const { return left_ > 0 || head_seen_ > 0; }

private:
    static constexpr size_t head_bytes = 9;
    static constexpr size_t length_bytes = 3;

    size_t left_ = 24;  // of the payload; at first of the preface
    size_t head_seen_ = 0;
    size_t length_ = 0;
};

}  // namespace fors::http
