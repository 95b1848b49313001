// SPDX-License-Identifier: Apache-2.0
// Reading chunks back, believing nothing that a checksum doesn't vouch for.
#include <cstring>
#include <optional>

#include "base/digest.h"
#include "base/planted.h"
#include "journal/chunk.h"
#include "journal/version.h"

namespace fors::journal {

namespace {

std::string place(const std::string& path, uint64_t offset) {
    return path + " at offset " + std::to_string(offset) + ": ";
}

std::unexpected<Error> corrupt(const std::string& path, uint64_t offset, std::string_view what) {
    return fail(Code::corrupt, place(path, offset) + std::string(what));
}

// The trailer that lies at `offset`, when its checksum fits.
env::Task<Result<std::optional<ChunkTrailer>>> read_trailer(env::File& file, uint64_t offset) {
    ChunkTrailer trailer{};
    auto got = co_await file.read(offset, std::as_writable_bytes(std::span(&trailer, 1)));
    if (!got) co_return std::unexpected(std::move(got.error()));
    const Bytes bytes = std::as_bytes(std::span(&trailer, 1));
    const bool fits = *got == sizeof(trailer) && trailer.magic == chunk_magic &&
                      crc32c(bytes.first(32)) == trailer.trailer_crc32c;
    co_return fits ? std::optional(trailer) : std::nullopt;
}

// One copy of the footer into `index`; false when its checksum doesn't fit.
env::Task<Result<bool>> read_footer(env::File& file, uint64_t offset, const ChunkTrailer& trailer,
                                    ChunkIndex& index) {
    const size_t blocks_bytes = trailer.block_count * sizeof(BlockEntry);
    const size_t shards_bytes = trailer.shard_count * sizeof(ShardEntry);
    std::vector<std::byte> footer(blocks_bytes + shards_bytes);
    auto got = co_await file.read(offset, footer);
    if (!got) co_return std::unexpected(std::move(got.error()));
    if (*got != footer.size() || crc32c(footer) != trailer.footer_crc32c) co_return false;
    index.blocks.resize(trailer.block_count);
    index.shards.resize(trailer.shard_count);
    if (blocks_bytes > 0) std::memcpy(index.blocks.data(), footer.data(), blocks_bytes);
    if (shards_bytes > 0)
        std::memcpy(index.shards.data(), footer.data() + blocks_bytes, shards_bytes);
    co_return true;
}

// Either copy of the trailer; what is wrong with the other, or with both, goes to `findings`.
env::Task<Result<std::optional<ChunkTrailer>>> find_trailer(env::File& file,
                                                            const std::string& path,
                                                            uint64_t file_bytes,
                                                            std::vector<Finding>& findings) {
    const auto report = [&](uint64_t offset, const char* what, bool unread = false) {
        findings.push_back({.file = path, .offset = offset, .what = what, .unread = unread});
    };
    if (file_bytes < chunk_start_bytes + sizeof(ChunkTrailer)) {
        report(file_bytes, "too short for a chunk");
        co_return std::nullopt;
    }
    const uint64_t last_offset = file_bytes - sizeof(ChunkTrailer);
    auto at_end = co_await read_trailer(file, last_offset);
    auto at_start = co_await read_trailer(file, 0);
    const auto fits = [](const auto& copy) { return copy && *copy; };
    if (!fits(at_end) && !fits(at_start)) {
        if (!at_end) co_return std::unexpected(std::move(at_end.error()));
        if (!at_start) co_return std::unexpected(std::move(at_start.error()));
        report(last_offset, "both copies of the trailer are damaged: nothing in it can be read");
        co_return std::nullopt;
    }
    if (!at_end)
        report(last_offset, "the trailer can't be read (its copy can)", true);
    else if (!*at_end)
        report(last_offset, "the trailer is damaged (its copy is not)");
    if (!at_start)
        report(0, "the trailer's copy can't be read", true);
    else if (!*at_start)
        report(0, "the trailer's copy is damaged");
    co_return fits(at_end) ? *at_end : *at_start;
}

}  // namespace

env::Task<Result<ChunkIndex>> read_chunk_index(env::Disk& disk, std::string path) {
    auto file = co_await disk.open(path, env::OpenMode::read);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto size = co_await (*file)->size();
    if (!size) co_return std::unexpected(std::move(size.error()));
    ChunkIndex index{.file_bytes = *size, .lost = true};
    auto found = co_await find_trailer(**file, path, *size, index.findings);
    if (!found) co_return std::unexpected(std::move(found.error()));
    if (!*found) co_return index;
    const ChunkTrailer trailer = **found;
    if (trailer.version != format_version)
        co_return std::unexpected(unknown_version(path, trailer.version));
    index.last_batch = trailer.last_batch;
    index.footer_offset = trailer.footer_offset;
    index.footer_crc32c = trailer.footer_crc32c;
    const uint64_t footer_bytes = uint64_t{trailer.block_count} * sizeof(BlockEntry) +
                                  uint64_t{trailer.shard_count} * sizeof(ShardEntry);
    index.footer_bytes = footer_bytes;
    const auto report = [&](uint64_t offset, const char* what, bool unread = false) {
        index.findings.push_back({.file = path, .offset = offset, .what = what, .unread = unread});
    };
    if (footer_bytes > *size || trailer.footer_offset > *size) {
        report(trailer.footer_offset, "the footer's lengths do not fit");
        co_return index;
    }
    std::optional<Error> unread;
    for (uint64_t copy = 0; copy < 2; ++copy) {
        const uint64_t offset = trailer.footer_offset + copy * footer_bytes;
        auto fits = co_await read_footer(**file, offset, trailer, index);
        index.lost = !fits || !*fits;
        if (!index.lost) co_return index;
        if (!fits) unread = std::move(fits.error());
        report(offset,
               copy > 0 ? "nor does its copy: nothing in the chunk can be read"
               : fits   ? "the footer's checksum does not fit"
                        : "the footer can't be read (its copy may)",
               !fits);
    }
    if (unread) co_return std::unexpected(std::move(*unread));
    co_return index;
}

std::unique_ptr<Block> Block::parse(std::unique_ptr<std::byte[]> bytes, size_t size, uint32_t crc) {
    const Bytes all(bytes.get(), size);
    if (crc32c(all) != crc && !planted(Bug::block_checksum_not_checked)) return nullptr;
    auto block = std::make_unique<Block>();
    for (size_t at = 0; at < size;) {
        BlockRunHead head;
        if (size - at < sizeof(head)) return nullptr;
        std::memcpy(&head, all.data() + at, sizeof(head));
        at += sizeof(head);
        if (head.bytes > size - at) return nullptr;
        block->runs_.push_back({head.first_sequence, head.count, all.subspan(at, head.bytes)});
        at += head.bytes;
    }
    block->bytes_ = std::move(bytes);
    block->size_ = size;
    return block;
}

env::Task<Result<BufferRef>> read_block(env::Disk& disk, std::string path, BlockEntry entry) {
    if (entry.codec != 0)
        co_return fail(Code::not_implemented, place(path, entry.offset) + "codec " +
                                                  std::to_string(entry.codec) + " is not known");
    // Opened anew each time: files are many, descriptors are few.
    auto file = co_await disk.open(path, env::OpenMode::read);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto bytes = std::make_unique_for_overwrite<std::byte[]>(entry.bytes);
    auto got = co_await (*file)->read(entry.offset, {bytes.get(), entry.bytes});
    if (!got) co_return std::unexpected(std::move(got.error()));
    if (*got != entry.bytes) co_return corrupt(path, entry.offset, "the file ends within a block");
    auto block = Block::parse(std::move(bytes), entry.bytes, entry.crc32c);
    if (!block) co_return corrupt(path, entry.offset, "a block's checksum does not fit");
    co_return BufferRef(std::move(block));
}

}  // namespace fors::journal
