// SPDX-License-Identifier: Apache-2.0
#include "journal/file_copy.h"

#include <algorithm>

#include "base/digest.h"
#include "journal/aligned_bytes.h"
#include "journal/finding.h"
#include "journal/format.h"

namespace fors::journal {

namespace {

constexpr uint64_t piece_bytes = 1 << 20;
constexpr uint64_t hole_bytes = 64 << 10;

// Without the parts that are zeros: they become holes.
env::Task<Result<>> write_piece(env::File& file, uint64_t offset, Bytes piece) {
    while (!piece.empty()) {
        const Bytes part = piece.first(std::min<size_t>(hole_bytes, piece.size()));
        if (first_not_zero(part) < part.size()) {
            auto written = co_await file.write(offset, part);
            if (!written) co_return written;
        }
        offset += part.size();
        piece = piece.subspan(part.size());
    }
    co_return {};
}

// Reads all of `from`; writes it to `to`, where there is one.
env::Task<Result<CopiedFile>> read_through(env::File& from, uint64_t size, env::File* to,
                                           Pace& pace) {
    CopiedFile copied;
    AlignedBytes room(piece_bytes);
    std::byte* into = room.extend(piece_bytes);
    while (copied.bytes < size) {
        auto got = co_await from.read(copied.bytes, {into, piece_bytes});
        if (!got) co_return std::unexpected(std::move(got.error()));
        if (*got == 0) co_return fail(Code::io_failed, "a file became shorter while it was read");
        const Bytes piece(into, std::min<uint64_t>(*got, size - copied.bytes));
        copied.crc32c = crc32c(piece, copied.crc32c);
        if (to) {
            auto written = co_await write_piece(*to, copied.bytes, piece);
            if (!written) co_return std::unexpected(std::move(written.error()));
        }
        copied.bytes += piece.size();
        const bool goes_on = co_await pace.took(piece.size());
        if (!goes_on) co_return fail(Code::unavailable, "stopped");
    }
    co_return copied;
}

struct Opened {
    std::unique_ptr<env::File> file;
    uint64_t size;
};

env::Task<Result<Opened>> open(env::Disk& disk, std::string path) {
    auto file = co_await disk.open(std::move(path), env::OpenMode::read_direct);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto size = co_await (*file)->size();
    if (!size) co_return std::unexpected(std::move(size.error()));
    co_return Opened{std::move(*file), *size};
}

}  // namespace

env::Task<Result<CopiedFile>> copy_file(env::Disk& from, std::string from_path, env::Disk& to,
                                        std::string to_path, Pace& pace) {
    auto source = co_await open(from, std::move(from_path));
    if (!source) co_return std::unexpected(std::move(source.error()));
    const bool direct = source->size % env::direct_bytes == 0;
    auto target = co_await to.open(std::move(to_path),
                                   direct ? env::OpenMode::create_direct : env::OpenMode::create);
    if (!target) co_return std::unexpected(std::move(target.error()));
    for (const uint64_t size : {uint64_t{0}, source->size}) {
        auto sized = co_await (*target)->truncate(size);
        if (!sized) co_return std::unexpected(std::move(sized.error()));
    }
    auto copied = co_await read_through(*source->file, source->size, target->get(), pace);
    if (!copied) co_return copied;
    auto synced = co_await (*target)->sync();
    if (!synced) co_return std::unexpected(std::move(synced.error()));
    co_return copied;
}

env::Task<Result<CopiedFile>> sum_file(env::Disk& disk, std::string path, Pace& pace) {
    auto source = co_await open(disk, std::move(path));
    if (!source) co_return std::unexpected(std::move(source.error()));
    co_return co_await read_through(*source->file, source->size, nullptr, pace);
}

}  // namespace fors::journal
