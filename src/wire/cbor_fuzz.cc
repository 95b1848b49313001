// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a CBOR body; what decodes must come back equal through both formats.
#include "wire/round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::wire;
    std::string_view body(reinterpret_cast<const char*>(data), size);
    test::round_trip<test::CreateStream>(Format::cbor, body);
    test::round_trip<test::PutRecords>(Format::cbor, body);
    return 0;
}
