// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any text as a backup's manifest, with its checksum made right. What is taken names
// chunks alone and comes back as it was written.
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "base/concat.h"
#include "base/digest.h"
#include "journal/manifest.h"

namespace fors::journal {
namespace {

std::string with_checksum(std::string text) {
    constexpr std::string_view digits = "0123456789abcdef";
    const uint32_t crc = crc32c(as_bytes(text));
    text += "crc ";
    for (int shift = 28; shift >= 0; shift -= 4) text += digits[crc >> shift & 15];
    return text + "\n";
}

void check(const Manifest& manifest) {
    for (const Manifest::File& file : manifest.files) {
        FORS_ASSERT(file.path.starts_with("chunks/") && file.path.ends_with(".chunk"));
        FORS_ASSERT(!file.path.contains("..") && file.path.rfind('/') == 6);
    }
    const auto again = Manifest::parse(manifest.text());
    FORS_ASSERT(again && again->files.size() == manifest.files.size());
    FORS_ASSERT(again->beside.has_value() == manifest.beside.has_value());
    for (size_t at = 0; at < manifest.files.size(); ++at) {
        FORS_ASSERT(again->files[at].path == manifest.files[at].path);
        FORS_ASSERT(again->files[at].bytes == manifest.files[at].bytes);
        FORS_ASSERT(again->files[at].crc32c == manifest.files[at].crc32c);
    }
}

}  // namespace
}  // namespace fors::journal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::journal;
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (const auto as_it_is = Manifest::parse(text)) check(*as_it_is);
    if (const auto manifest = Manifest::parse(with_checksum(text))) check(*manifest);
    if (const auto manifest = Manifest::parse(with_checksum("fors-backup 1\n" + text)))
        check(*manifest);
    return 0;
}
