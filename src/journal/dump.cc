// SPDX-License-Identifier: Apache-2.0
#include "journal/dump.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

#include "journal/chunk.h"
#include "journal/segment_header.h"

namespace fors::journal {

namespace {

// NOLINTNEXTLINE(cert-dcl50-cpp): the compiler checks the format
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...) {
    char out[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(out, sizeof(out), format, arguments);
    va_end(arguments);
    return out;
}

using ull = unsigned long long;

std::string shard_name(uint32_t shard) {
    return shard == notes_shard ? "notes" : std::to_string(shard);
}

class Dump {
public:
    Dump(env::Disk& disk, std::string path, DumpOptions options,
         std::function<void(std::string_view)> line)
        : disk_(disk), path_(std::move(path)), options_(options), line_(std::move(line)) {}

    env::Task<Result<uint64_t>> run() {
        Result<> done{};
        if (path_.ends_with(".segment"))
            done = co_await segment();
        else if (path_.ends_with(".chunk"))
            done = co_await chunk();
        else
            done = fail(Code::invalid_argument, path_ + ": neither a .segment nor a .chunk file");
        if (!done) co_return std::unexpected(std::move(done.error()));
        co_return damages_;
    }

private:
    void damaged(const std::string& what) {
        ++damages_;
        line_("DAMAGED  " + what);
    }

    env::Task<Result<>> segment() {
        auto file = co_await disk_.open(path_, env::OpenMode::read);
        if (!file) co_return std::unexpected(std::move(file.error()));
        auto size = co_await (*file)->size();
        if (!size) co_return std::unexpected(std::move(size.error()));
        std::vector<std::byte> content(*size);
        auto got = co_await (*file)->read(0, content);
        if (!got) co_return std::unexpected(std::move(got.error()));
        const Bytes bytes = Bytes(content).first(*got);
        const auto header = header_of(bytes);
        if (!header) {
            line_("segment  never used, or both copies of its header are damaged");
        } else {
            line_(text("segment  version %u  generation %llu  first batch %llu  %llu bytes",
                       header->version, ull{header->generation}, ull{header->first_batch},
                       ull{*size}));
        }
        batches(bytes, header);
        co_return {};
    }

    void batches(Bytes bytes, const std::optional<SegmentHeader>& header) {
        for (uint64_t at = block_bytes; at < bytes.size();) {
            const Bytes rest = bytes.subspan(at);
            const auto head = Batch::header_of(rest);
            const bool ours =
                head &&
                (!header || (head->generation == header->generation && head->salt == header->salt));
            if (!ours) {  // zeros, or what the segment held when it was in use before
                at += block_bytes;
                continue;
            }
            const auto batch = Batch::parse(rest);
            if (!batch) {
                damaged(text("batch %llu at %llu: its checksum does not fit (or it was torn)",
                             ull{head->number}, ull{at}));
                at += block_bytes;
                continue;
            }
            describe(*batch, at);
            at += batch->size();
        }
    }

    void describe(const Batch& batch, uint64_t at) {
        line_(text("batch %llu  at %llu  %zu bytes  %zu runs%s", ull{batch.number()}, ull{at},
                   batch.size(), batch.runs().size(),
                   batch.unsynced() > 0 ? "  begun before the one before it was synced" : ""));
        for (const RunEntry& run : batch.runs()) {
            line_(text("  shard %s  sequences %llu..%llu  %u records  %u bytes",
                       shard_name(run.shard).c_str(), ull{run.first_sequence},
                       ull{run.first_sequence + run.count - 1}, run.count, run.bytes));
            records(batch.bytes().subspan(run.offset, run.bytes), run.first_sequence, run.count);
        }
    }

    void records(Bytes frames, uint64_t first_sequence, uint32_t count) {
        if (!options_.records) return;
        for_each_record(frames, count, [&](uint32_t index, const log::Record& record) {
            line_(text("    %llu  arrival %lld  key %zu bytes  data %zu bytes",
                       ull{first_sequence + index}, static_cast<long long>(record.arrival_ms),
                       record.key.size(), record.data.size()));
            return true;
        });
    }

    env::Task<Result<>> chunk() {
        auto index = co_await read_chunk_index(disk_, path_);
        if (!index) co_return std::unexpected(std::move(index.error()));
        for (const Finding& each : index->findings) damaged(text_of(each));
        if (index->lost) co_return {};
        line_(text("chunk  through batch %llu  %zu blocks  %zu shards  %llu bytes",
                   ull{index->last_batch}, index->blocks.size(), index->shards.size(),
                   ull{index->file_bytes}));
        for (const ShardEntry& shard : index->shards)
            line_(text("shard %u  sequences %llu..%llu kept", shard.shard, ull{shard.first},
                       ull{shard.next}));
        for (const BlockEntry& entry : index->blocks) co_await block(entry);
        co_return {};
    }

    env::Task<void> block(BlockEntry entry) {
        line_(text("block  at %llu  shard %u  sequences %llu..%llu  %u bytes", ull{entry.offset},
                   entry.shard, ull{entry.first_sequence}, ull{entry.next_sequence - 1},
                   entry.bytes));
        auto loaded = co_await read_block(disk_, path_, entry);
        if (!loaded) {
            if (co_await punched(entry))
                line_("  given back: its records are trimmed");
            else
                damaged(loaded.error().message);
            co_return;
        }
        for (const Block::Run& run : static_cast<const Block&>(*loaded->get()).runs())
            records(run.frames, run.first_sequence, run.count);
    }

    // Nothing but zeros.
    env::Task<bool> punched(BlockEntry entry) {
        auto file = co_await disk_.open(path_, env::OpenMode::read);
        if (!file) co_return false;
        std::vector<std::byte> bytes(entry.bytes);
        auto got = co_await (*file)->read(entry.offset, bytes);
        co_return got&& std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
    }

    env::Disk& disk_;
    std::string path_;
    DumpOptions options_;
    std::function<void(std::string_view)> line_;
    uint64_t damages_ = 0;
};

}  // namespace

env::Task<Result<uint64_t>> dump(env::Disk& disk, std::string path, DumpOptions options,
                                 std::function<void(std::string_view line)> line) {
    Dump made(disk, std::move(path), options, std::move(line));
    co_return co_await made.run();
}

}  // namespace fors::journal
