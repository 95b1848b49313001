// SPDX-License-Identifier: Apache-2.0
// Progress: a line that is written over and over while somebody looks on.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/cli.h"

namespace fors::cli {

class Progress {
public:
    // To standard error, when the console is a terminal; the console outlives it.
    explicit Progress(const Console& console) : console_(console) {}
    ~Progress();
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    void show(std::string_view text);
    // A bar, how much of it is done, and how fast.
    void show_bytes(std::string_view what, uint64_t done, uint64_t total);

private:
    bool due();
    void write(std::string_view text);

    const Console& console_;
    int64_t begun_ms_ = 0;
    int64_t last_ms_ = 0;
    bool shown_ = false;
};

}  // namespace fors::cli
