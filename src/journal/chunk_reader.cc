// SPDX-License-Identifier: Apache-2.0
// Reading chunks back, believing nothing that a checksum doesn't vouch for.
#include <cstring>

#include "base/digest.h"
#include "journal/chunk.h"

namespace fors::journal {

namespace {

std::unexpected<Error> corrupt(const std::string& path, uint64_t offset, std::string_view what) {
    return fail(Code::corrupt,
                path + " at offset " + std::to_string(offset) + ": " + std::string(what));
}

}  // namespace

env::Task<Result<ChunkIndex>> read_chunk_index(env::Disk& disk, std::string path) {
    auto file = co_await disk.open(path, env::OpenMode::read);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto size = co_await (*file)->size();
    if (!size) co_return std::unexpected(std::move(size.error()));
    ChunkTrailer trailer{};
    if (*size < sizeof(trailer)) co_return corrupt(path, 0, "too short for a chunk");
    const uint64_t trailer_offset = *size - sizeof(trailer);
    auto got =
        co_await (*file)->read(trailer_offset, std::as_writable_bytes(std::span(&trailer, 1)));
    if (!got) co_return std::unexpected(std::move(got.error()));
    const Bytes trailer_bytes = std::as_bytes(std::span(&trailer, 1));
    if (trailer.magic != chunk_magic || crc32c(trailer_bytes.first(32)) != trailer.trailer_crc32c)
        co_return corrupt(path, trailer_offset, "the trailer's checksum does not fit");
    if (trailer.version != format_version)
        co_return corrupt(path, trailer_offset,
                          "format version " + std::to_string(trailer.version) + " is not known");

    const uint64_t blocks_bytes = uint64_t{trailer.block_count} * sizeof(BlockEntry);
    const uint64_t shards_bytes = uint64_t{trailer.shard_count} * sizeof(ShardEntry);
    if (trailer.footer_offset + blocks_bytes + shards_bytes != trailer_offset)
        co_return corrupt(path, trailer_offset, "the footer's lengths do not fit");
    std::vector<std::byte> footer(blocks_bytes + shards_bytes);
    got = co_await (*file)->read(trailer.footer_offset, footer);
    if (!got) co_return std::unexpected(std::move(got.error()));
    if (*got != footer.size() || crc32c(footer) != trailer.footer_crc32c)
        co_return corrupt(path, trailer.footer_offset, "the footer's checksum does not fit");

    ChunkIndex index{.last_batch = trailer.last_batch, .file_bytes = *size};
    index.blocks.resize(trailer.block_count);
    index.shards.resize(trailer.shard_count);
    if (blocks_bytes > 0) std::memcpy(index.blocks.data(), footer.data(), blocks_bytes);
    if (shards_bytes > 0)
        std::memcpy(index.shards.data(), footer.data() + blocks_bytes, shards_bytes);
    co_return index;
}

std::unique_ptr<Block> Block::parse(std::unique_ptr<std::byte[]> bytes, size_t size, uint32_t crc) {
    const Bytes all(bytes.get(), size);
    if (crc32c(all) != crc) return nullptr;
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

env::Task<Result<BufferRef>> read_block(env::File& file, std::string path, BlockEntry entry) {
    auto bytes = std::make_unique_for_overwrite<std::byte[]>(entry.bytes);
    auto got = co_await file.read(entry.offset, {bytes.get(), entry.bytes});
    if (!got) co_return std::unexpected(std::move(got.error()));
    if (*got != entry.bytes) co_return corrupt(path, entry.offset, "the file ends within a block");
    auto block = Block::parse(std::move(bytes), entry.bytes, entry.crc32c);
    if (!block) co_return corrupt(path, entry.offset, "a block's checksum does not fit");
    co_return BufferRef(std::move(block));
}

}  // namespace fors::journal
