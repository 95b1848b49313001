// SPDX-License-Identifier: Apache-2.0
// Output: what a connection has to send; small writes share one string, big bodies stay the strings
// they came in.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fors::http {

class Output {
public:
    static constexpr size_t own_piece_bytes = 64 << 10;  // from here on moving beats copying
    bool empty() const { return pieces_.empty(); }

    static constexpr size_t full_piece_bytes =
        256 << 10;  // longer strings cost more to grow than to send apart

    // The string to append small things to; never left empty by those who ask for it.
    std::string& tail() {
        if (pieces_.empty() || sealed_ || pieces_.back().size() >= full_piece_bytes) {
            pieces_.emplace_back();
            sealed_ = false;
        }
        return pieces_.back();
    }

    void append(std::string&& body) {
        if (body.empty()) return;
        if (body.size() < own_piece_bytes) {
            tail().append(body);
            return;
        }
        pieces_.push_back(std::move(body));
        sealed_ = true;
    }

    void append(Output&& other) {
        auto pieces = std::move(other.pieces_);
        other.pieces_.clear();
        for (std::string& piece : pieces) append(std::move(piece));
    }

    size_t size() const {
        size_t total = 0;
        for (const std::string& piece : pieces_) total += piece.size();
        return total;
    }

    void take_pieces(std::vector<std::string>& to) {
        for (std::string& piece : pieces_) to.push_back(std::move(piece));
        pieces_.clear();
    }

private:
    std::vector<std::string> pieces_;
    bool sealed_ = false;  // the last piece is a body: nothing is appended to it
};

}  // namespace fors::http
