// SPDX-License-Identifier: Apache-2.0
// Check value: reference, section 9.
#include "core/event_stream.h"

#include <gtest/gtest.h>

namespace fors::core {
namespace {

std::string hex(std::string_view bytes) {
    std::string text;
    for (char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        text.push_back("0123456789abcdef"[byte >> 4]);
        text.push_back("0123456789abcdef"[byte & 15]);
    }
    return text;
}

TEST(EventFrame, initial_response) {
    EventFrame frame = EventFrame::event("initial-response");
    frame.payload() += "{}";
    EXPECT_EQ(hex(std::move(frame).finish()),
              "0000007200000060ab820d9e0d3a6d6573736167652d747970650700056576656e740b3a6576656e742d"
              "74797065070010696e697469616c2d726573706f6e73650d3a636f6e74656e742d7479706507001a6170"
              "706c69636174696f6e2f782d616d7a2d6a736f6e2d312e317b7de16e66e4");
}

TEST(EventFrame, an_exception_names_its_type_and_its_length) {
    EventFrame frame = EventFrame::exception("ResourceInUseException");
    frame.payload() += R"({"message":"x"})";
    const std::string bytes = std::move(frame).finish();
    EXPECT_EQ(static_cast<unsigned char>(bytes[3]), bytes.size());
    EXPECT_NE(bytes.find(std::string_view("\x0f:exception-type\x07\x00\x16ResourceInUse", 32)),
              std::string::npos);
    EXPECT_NE(bytes.find(R"({"message":"x"})"), std::string::npos);
}

}  // namespace
}  // namespace fors::core
