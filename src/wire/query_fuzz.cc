// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as the bodies that CloudWatch's clients send: a form, CBOR of Smithy's
// RPC, JSON 1.0. What decodes must come back equal through CBOR and JSON, and be XML at the end.
#include "wire/round_trip.h"

namespace fors::wire::test {
namespace {

// No character that XML 1.0 doesn't have; texts are UTF-8 whatever comes.
bool is_readable(std::string_view xml) {
    const auto is_control = [](char c) { return c >= 0 && c < ' ' && c != '\t' && c != '\n'; };
    return std::ranges::none_of(xml, is_control) && !xml.contains("\uFFFE") &&
           !xml.contains("\uFFFF");
}

template <class T>
void read(std::string_view body) {
    for (const Format format : {Format::query, Format::rpc_cbor, Format::json_1_0}) {
        round_trip<T>(format, body);
        T object;
        Arena arena;
        if (!decode(format, body, arena, table_of<T>, &object)) continue;
        const std::string xml = encoded(Format::query, object);
        FORS_ASSERT(xml.empty() || (xml.front() == '<' && xml.back() == '>'));
        FORS_ASSERT(is_readable(xml));
    }
}

}  // namespace
}  // namespace fors::wire::test

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::wire;
    const std::string_view body(reinterpret_cast<const char*>(data), size);
    test::read<test::CreateStream>(body);
    test::read<test::PutRecords>(body);
    return 0;
}
