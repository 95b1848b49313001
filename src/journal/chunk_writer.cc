// SPDX-License-Identifier: Apache-2.0
// Sorting batches into a chunk: per shard, contiguous blocks of about half a MiB.
#include <algorithm>
#include <cstdio>
#include <tuple>

#include "base/digest.h"
#include "base/planted.h"
#include "journal/aligned_bytes.h"
#include "journal/chunk.h"

namespace fors::journal {

namespace {

// Gathered before they go to the file. A commit that comes meanwhile waits for no more than that.
constexpr size_t write_bytes = 512 << 10;
constexpr size_t pending_bytes = write_bytes + block_bytes_target + env::direct_bytes;
constexpr size_t fetch_ahead = 4;  // runs

// A run where it lies in its batch.
struct Source {
    RunEntry run;
    Bytes frames;
};

// By shard and sequence, without what is trimmed by now: it would only have to be punched out
// again.
std::vector<Source> sorted_runs(const std::vector<BufferRef>& batches,
                                const std::vector<ShardEntry>& shards) {
    struct Key {  // small, since among many shards there is one for nearly each record
        uint32_t shard;
        uint32_t source;
        uint64_t first_sequence;
    };
    std::vector<Source> sources;
    std::vector<Key> keys;
    for (const BufferRef& buffer : batches) {
        const auto& batch = static_cast<const Batch&>(*buffer.get());
        for (const RunEntry& run : batch.runs()) {
            keys.push_back({run.shard, static_cast<uint32_t>(sources.size()), run.first_sequence});
            sources.push_back({run, batch.bytes().subspan(run.offset, run.bytes)});
        }
    }
    std::ranges::sort(keys, [](const Key& a, const Key& b) {
        return std::tie(a.shard, a.first_sequence) < std::tie(b.shard, b.first_sequence);
    });
    std::vector<Source> sorted;
    sorted.reserve(sources.size());
    auto shard = shards.begin();
    for (const Key& key : keys) {
        while (shard != shards.end() && shard->shard < key.shard) ++shard;
        const Source& source = sources[key.source];
        const bool alive = shard != shards.end() && shard->shard == key.shard &&
                           source.run.first_sequence + source.run.count > shard->first;
        if (alive) sorted.push_back(source);
    }
    return sorted;
}

// They lie all over the batches: the waits for memory overlap.
void fetch(Bytes frames) {
    constexpr size_t line_bytes = 64;
    constexpr size_t most = 2048;  // what is longer the core sees coming
    for (size_t at = 0; at < std::min(frames.size(), most); at += line_bytes)
        __builtin_prefetch(frames.data() + at);
}

// Gathers runs into blocks and blocks into large writes, direct ones: a sequential pass over data
// that nobody may read for long should neither push anything out of the system's cache nor cost a
// copy into it.
class Writer {
public:
    // `bytes`: how much there is to write, about.
    Writer(env::File& file, size_t bytes)
        : file_(file),
          pending_(bytes < pending_bytes ? AlignedBytes(bytes + env::direct_bytes)
                                         : in_huge_pages(pending_bytes)) {}

    // Takes from the front of `source` until nothing is left or a write is due. A run longer than a
    // block is cut between records, so that a read never loads much more than it gives.
    void add(Source& source) {
        while (source.run.count > 0) {
            if (!fits(source)) {
                close_block();
                if (due()) return;
            }
            take(source);
        }
    }
    bool due() const { return !open_ && pending_.size() >= write_bytes; }
    env::Task<Result<>> write() {
        co_return co_await flush(pending_.size() / env::direct_bytes * env::direct_bytes);
    }

    env::Task<Result<>> finish(ChunkIndex& index) {
        close_block();
        index.blocks = std::move(blocks_);
        // Zeros before the footer, so that the trailer ends where a direct write may end.
        const size_t copy_bytes =
            index.blocks.size() * sizeof(BlockEntry) + index.shards.size() * sizeof(ShardEntry);
        const size_t footer_bytes = 2 * copy_bytes + sizeof(ChunkTrailer);
        const size_t end = round_up(pending_.size() + footer_bytes, env::direct_bytes);
        pending_.append_zeros(end - footer_bytes - pending_.size());
        const ChunkTrailer trailer = append_footer(index, copy_bytes);
        index.file_bytes = offset_ + pending_.size();
        auto done = co_await flush(pending_.size());
        if (done) done = co_await write_start(trailer);
        if (done && !planted(Bug::chunk_not_synced)) done = co_await file_.sync();
        co_return done;
    }

private:
    bool fits(const Source& source) const {
        if (!open_) return true;
        return block_.shard == source.run.shard && block_.bytes < block_bytes_target;
    }

    // Moves as many records as the block takes from the front of `source` into it.
    void take(Source& source) {
        RunEntry& run = source.run;
        if (!open_) {
            open_ = true;
            block_start_ = pending_.size();
            block_ = {.shard = run.shard,
                      .crc32c = 0,
                      .first_sequence = run.first_sequence,
                      .next_sequence = 0,
                      .first_arrival_ms = run.first_arrival_ms,
                      .last_arrival_ms = 0,
                      .offset = offset_ + block_start_,
                      .bytes = 0,
                      .codec = 0};
        }
        const size_t room =
            block_.bytes < block_bytes_target ? block_bytes_target - block_.bytes : 0;
        uint32_t count = run.count;
        size_t bytes = source.frames.size();
        int64_t next_arrival_ms = 0;
        block_.last_arrival_ms = run.last_arrival_ms;
        if (bytes > room) std::tie(count, bytes, next_arrival_ms) = cut(source, room);
        const BlockRunHead head{run.first_sequence, count, static_cast<uint32_t>(bytes)};
        pending_.append(std::as_bytes(std::span(&head, 1)));
        pending_.append(source.frames.first(bytes));
        block_.bytes = static_cast<uint32_t>(pending_.size() - block_start_);
        block_.next_sequence = run.first_sequence + count;
        run.first_sequence += count;
        run.count -= count;
        run.first_arrival_ms = next_arrival_ms;
        source.frames = source.frames.subspan(bytes);
    }

    // How many records from the front of `source` fill `room` bytes, one at least; their bytes, and
    // the arrival of the first of the others.
    std::tuple<uint32_t, size_t, int64_t> cut(const Source& source, size_t room) {
        uint32_t count = 0;
        size_t bytes = 0;
        int64_t next_arrival_ms = 0;
        const auto take_record = [&](uint32_t index, const log::Record& record) {
            if (index > 0 && bytes >= room) {
                next_arrival_ms = record.arrival_ms;
                return false;
            }
            bytes += static_cast<size_t>(
                round_up(sizeof(RecordHead) + record.key.size() + record.data.size(), 8));
            block_.last_arrival_ms = record.arrival_ms;
            ++count;
            return true;
        };
        for_each_record(source.frames, source.run.count, take_record);
        return {count, bytes, next_arrival_ms};
    }

    void close_block() {
        if (!open_) return;
        open_ = false;
        block_.crc32c = crc32c(Bytes(pending_).subspan(block_start_));
        blocks_.push_back(block_);
    }

    // Twice, and the trailer behind it.
    ChunkTrailer append_footer(const ChunkIndex& index, size_t copy_bytes) {
        const size_t at = pending_.size();
        for (int copy = 0; copy < 2; ++copy) {
            pending_.append(std::as_bytes(std::span(index.blocks)));
            pending_.append(std::as_bytes(std::span(index.shards)));
        }
        ChunkTrailer trailer{.last_batch = index.last_batch,
                             .footer_offset = offset_ + at,
                             .block_count = static_cast<uint32_t>(index.blocks.size()),
                             .shard_count = static_cast<uint32_t>(index.shards.size()),
                             .footer_crc32c = crc32c(Bytes(pending_).subspan(at, copy_bytes)),
                             .version = format_version,
                             .trailer_crc32c = 0,
                             .magic = chunk_magic};
        trailer.trailer_crc32c = crc32c(std::as_bytes(std::span(&trailer, 1)).first(32));
        pending_.append(std::as_bytes(std::span(&trailer, 1)));
        return trailer;
    }

    // The trailer's copy, where the file begins.
    env::Task<Result<>> write_start(const ChunkTrailer& trailer) {
        AlignedBytes start(chunk_start_bytes);
        start.append(std::as_bytes(std::span(&trailer, 1)));
        start.append_zeros(chunk_start_bytes - start.size());
        co_return co_await file_.write(0, start);
    }

    // Writes the first `bytes` of what is pending.
    env::Task<Result<>> flush(size_t bytes) {
        auto written = co_await file_.write(offset_, Bytes(pending_).first(bytes));
        offset_ += bytes;
        pending_.remove_front(bytes);
        co_return written;
    }

    env::File& file_;
    AlignedBytes pending_;
    uint64_t offset_ = chunk_start_bytes;  // of the first pending byte
    std::vector<BlockEntry> blocks_;
    BlockEntry block_{};
    size_t block_start_ = 0;
    bool open_ = false;
};

env::Task<Result<>> write_file(env::Disk& disk, std::string path, std::vector<Source> sources,
                               ChunkIndex& index) {
    auto file = co_await disk.open(path, env::OpenMode::create_direct);
    if (!file) co_return std::unexpected(std::move(file.error()));
    auto emptied = co_await (*file)->truncate(0);
    if (!emptied) co_return emptied;
    size_t bytes = 0;
    for (const Source& source : sources) bytes += source.frames.size();
    Writer writer(**file, bytes);
    if (planted(Bug::chunk_leaves_a_run_out) && sources.size() > 2)
        sources.erase(sources.begin() + 1);
    for (size_t at = 0; at < sources.size(); ++at) {
        if (at + fetch_ahead < sources.size()) fetch(sources[at + fetch_ahead].frames);
        for (Source& source = sources[at]; source.run.count > 0;) {
            writer.add(source);
            if (!writer.due()) continue;
            auto written = co_await writer.write();
            if (!written) co_return written;
        }
    }
    co_return co_await writer.finish(index);
}

}  // namespace

std::string chunk_path(uint64_t last_batch) {
    char name[48];
    std::snprintf(name, sizeof(name), "chunks/%016llx.chunk",
                  static_cast<unsigned long long>(last_batch));
    return name;
}

env::Task<Result<ChunkIndex>> write_chunk(env::Disk& disk, std::vector<BufferRef> batches,
                                          std::vector<ShardEntry> shards) {
    ChunkIndex index;
    index.last_batch = static_cast<const Batch&>(*batches.back().get()).number();
    index.shards = std::move(shards);
    auto sources = sorted_runs(batches, index.shards);
    const std::string path = chunk_path(index.last_batch);
    const std::string temporary = path + ".tmp";
    auto written = co_await write_file(disk, temporary, std::move(sources), index);
    if (written) written = co_await disk.rename(temporary, path);
    const bool renamed = written.has_value();
    if (written) written = co_await disk.sync_directory(std::string(chunk_directory));
    if (written) co_return index;
    // The next attempt has these batches and more: they must not be in two chunks.
    (void)co_await disk.remove(renamed ? path : temporary);
    co_return std::unexpected(std::move(written.error()));
}

}  // namespace fors::journal
