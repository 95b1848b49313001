// SPDX-License-Identifier: Apache-2.0
// The length is known before the first byte is unpacked: the file's last four bytes say it.
#include "core/gunzip.h"

#include <libdeflate.h>

#include <cstdint>
#include <memory>

#include "http/message.h"

namespace fors::core {

namespace {

constexpr size_t file_bytes_min = 18;  // head and tail around nothing
constexpr size_t ratio_max = 1'032;    // no better can DEFLATE do

size_t length_said_by(std::string_view packed) {
    uint32_t length = 0;
    for (size_t back = 1; back <= 4; ++back)
        length = length << 8 | static_cast<unsigned char>(packed[packed.size() - back]);
    return length;
}

}  // namespace

Result<std::string> gunzip(std::string_view packed, size_t plain_bytes_max) {
    if (packed.size() < file_bytes_min) return fail(Code::serialization, "");
    const size_t length = length_said_by(packed);
    if (length / ratio_max > packed.size()) return fail(Code::serialization, "");
    if (length > plain_bytes_max) return fail(Code::too_large, "");

    const std::unique_ptr<libdeflate_decompressor, decltype(&libdeflate_free_decompressor)>
        decompressor(libdeflate_alloc_decompressor(), &libdeflate_free_decompressor);
    if (!decompressor) return fail(Code::unavailable, "");
    std::string plain;
    plain.reserve(length + http::body_padding);
    plain.resize(length);
    size_t read = 0;
    const auto outcome = libdeflate_gzip_decompress_ex(
        decompressor.get(), packed.data(), packed.size(), plain.data(), length, &read, nullptr);
    if (outcome != LIBDEFLATE_SUCCESS || read != packed.size())
        return fail(Code::serialization, "");
    return plain;
}

}  // namespace fors::core
