// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <algorithm>
#include <cstdio>

#include "base/size_text.h"

namespace fors::cli {

namespace {

constexpr int64_t pause_ms = 200;
constexpr size_t bar_columns = 30;

}  // namespace

Progress::~Progress() {
    if (shown_) std::fputs("\r\x1b[K", stderr);
}

bool Progress::due() {
    if (!console_.terminal) return false;
    const int64_t now = console_.now_ms();
    if (begun_ms_ == 0) begun_ms_ = now;
    if (now - last_ms_ < pause_ms) return false;
    last_ms_ = now;
    return true;
}

void Progress::write(std::string_view text) {
    shown_ = true;
    std::fprintf(stderr, "\r\x1b[K%.*s", static_cast<int>(text.size()), text.data());
    std::fflush(stderr);
}

void Progress::show(std::string_view text) {
    if (due()) write(text);
}

void Progress::show_bytes(std::string_view what, uint64_t done, uint64_t total) {
    if (!due()) return;
    const double part =
        total > 0 ? std::min(1.0, static_cast<double>(done) / static_cast<double>(total)) : 0;
    const auto filled = static_cast<size_t>(part * bar_columns);
    std::string line(what);
    line.append("  [").append(filled, '=').append(bar_columns - filled, ' ').append("] ");
    line += std::to_string(static_cast<int>(part * 100)) + " %  " + size_text(done) + " of " +
            size_text(total);
    if (const int64_t spent_ms = last_ms_ - begun_ms_; spent_ms > 0)
        line += "  " + size_text(done * 1000 / static_cast<uint64_t>(spent_ms)) + "/s";
    write(line);
}

}  // namespace fors::cli
