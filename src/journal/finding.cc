// SPDX-License-Identifier: Apache-2.0
#include "journal/finding.h"

#include <algorithm>

namespace fors::journal {

std::string text_of(const Finding& finding) {
    if (finding.file.empty()) return finding.what;
    return finding.file + " at offset " + std::to_string(finding.offset) + ": " + finding.what;
}

void add_unreadable(const std::string& file, const std::vector<Unreadable>& places,
                    std::vector<Finding>& findings) {
    for (const Unreadable& place : places)
        findings.push_back({.file = file,
                            .offset = place.offset,
                            .what = std::to_string(place.bytes) + " bytes: " + place.why});
}

std::string batches_are(uint64_t first, uint64_t last) {
    if (first == last) return "batch " + std::to_string(first) + " is";
    return "batches " + std::to_string(first) + " to " + std::to_string(last) + " are";
}

size_t first_not_zero(Bytes bytes) {
    const auto zero = [](std::byte byte) { return byte == std::byte{0}; };
    return static_cast<size_t>(std::ranges::find_if_not(bytes, zero) - bytes.begin());
}

}  // namespace fors::journal
