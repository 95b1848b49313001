// SPDX-License-Identifier: Apache-2.0
// Http2Stream: header fields go into one buffer, as in HTTP/1.1; body pieces are drawn from the
// front.
#include "http/http2_stream.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "base/assert.h"
#include "http/target.h"

namespace fors::http {

bool Http2Request::add_header(std::string_view name, std::string_view value,
                              size_t head_bytes_max) {
    size_ += name.size() + value.size() + 32;
    if (size_ > head_bytes_max) return false;
    if (name == ":method") {
        method_ = keep(value);
    } else if (name == ":path") {
        target_ = keep(value);
    } else if (name == ":authority") {
        has_authority_ = true;
        fields_.push_back({keep("host"), keep(value)});
    } else if (name == "host" && has_authority_) {
        two_hosts_ |= value != header("host");  // usually it says the same again
    } else if (!name.starts_with(':')) {
        const Part kept = keep(name);
        fields_.push_back({kept, keep(value)});
    }
    return true;
}

std::string_view Http2Request::header(std::string_view name) const {
    for (const Field& field : fields_)
        if (text_of(field.name) == name) return text_of(field.value);
    return {};
}

uint64_t Http2Request::content_length() const {
    const std::string_view text = header("content-length");
    uint64_t length = 0;
    std::from_chars(text.data(), text.data() + text.size(), length);  // nghttp2 has checked it
    return length;
}

Request Http2Request::take() {
    Request request;
    request.storage = std::make_unique_for_overwrite<char[]>(head_.size());
    std::memcpy(request.storage.get(), head_.data(), head_.size());
    const std::string_view all(request.storage.get(), head_.size());
    const auto view = [all](Part part) { return all.substr(part.begin, part.size); };
    request.method = view(method_);
    set_target(request, view(target_));
    request.headers.reserve(fields_.size());
    for (const Field& field : fields_)
        request.headers.push_back({view(field.name), view(field.value)});
    request.body = std::move(body);
    if (request.body.capacity() < request.body.size() + body_padding)
        request.body.reserve(request.body.size() + body_padding);
    return request;
}

Http2Request::Part Http2Request::keep(std::string_view text) {
    if (head_.empty()) head_.reserve(512);
    const Part part{static_cast<uint32_t>(head_.size()), static_cast<uint32_t>(text.size())};
    head_.append(text);
    return part;
}

void Http2Body::add(std::string&& piece) {
    if (piece.empty()) return;
    held_ += piece.size();
    pieces_.push_back(std::move(piece));
}

void Http2Body::draw(std::string& to, size_t bytes) {
    FORS_ASSERT(bytes <= held_);
    held_ -= bytes;
    while (bytes > 0) {
        std::string& piece = pieces_[first_];
        const size_t part = std::min(bytes, piece.size() - offset_);
        to.append(piece, offset_, part);
        bytes -= part;
        offset_ += part;
        if (offset_ < piece.size()) continue;
        std::string().swap(piece);
        offset_ = 0;
        if (++first_ < pieces_.size()) continue;
        pieces_.clear();
        first_ = 0;
    }
    // A long queue that is never empty must not keep its drawn front for ever.
    if (first_ > 64 && first_ > pieces_.size() / 2) {
        pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<ptrdiff_t>(first_));
        first_ = 0;
    }
}

}  // namespace fors::http
