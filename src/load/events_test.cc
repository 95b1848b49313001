// SPDX-License-Identifier: Apache-2.0
// Event streams, whole, in pieces, damaged. The bytes are those of the format's description.
#include "load/events.h"

#include <gtest/gtest.h>
#include <libdeflate.h>

#include <vector>

namespace fors::load {
namespace {

void put32(std::string& to, uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) to.push_back(static_cast<char>(value >> shift));
}

std::string header(const std::string& name, const std::string& value) {
    std::string text(1, static_cast<char>(name.size()));
    text += name + "\x07";
    text.push_back('\0');
    text.push_back(static_cast<char>(value.size()));
    return text + value;
}

std::string message(const std::string& type, const std::string& payload) {
    const std::string headers = header(":message-type", "event") + header(":event-type", type);
    std::string text;
    put32(text, static_cast<uint32_t>(16 + headers.size() + payload.size()));
    put32(text, static_cast<uint32_t>(headers.size()));
    put32(text, libdeflate_crc32(0, text.data(), text.size()));
    text += headers + payload;
    put32(text, libdeflate_crc32(0, text.data(), text.size()));
    return text;
}

std::vector<std::string> read(EventReader& reader, const std::string& bytes, size_t step) {
    std::vector<std::string> found;
    for (size_t at = 0; at < bytes.size(); at += step)
        EXPECT_TRUE(reader.feed(
            as_bytes(std::string_view(bytes).substr(at, step)), [&](const Event& event) {
                EXPECT_EQ(event.message, "event");
                found.push_back(std::string(event.type) + " " + std::string(event.payload));
            }));
    return found;
}

TEST(EventReader, messages_come_out_however_they_are_cut) {
    const std::string bytes = message("initial-response", "{}") +
                              message("SubscribeToShardEvent", std::string(1000, 'x')) +
                              message("SubscribeToShardEvent", "");
    for (const unsigned step : {1U, 2U, 7U, 100U, 1U << 20}) {
        EventReader reader;
        EXPECT_EQ(read(reader, bytes, step),
                  (std::vector<std::string>{"initial-response {}",
                                            "SubscribeToShardEvent " + std::string(1000, 'x'),
                                            "SubscribeToShardEvent "}));
    }
}

TEST(EventReader, any_flipped_bit_is_told) {
    const std::string good = message("SubscribeToShardEvent", "{\"Records\":[]}");
    for (size_t at = 0; at < good.size(); ++at) {
        std::string bad = good;
        bad[at] ^= 4;
        EventReader reader;
        EXPECT_FALSE(reader.feed(as_bytes(bad), [](const Event&) { ADD_FAILURE(); })) << at;
    }
}

}  // namespace
}  // namespace fors::load
