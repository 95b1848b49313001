// SPDX-License-Identifier: Apache-2.0
#include "journal/chunk_sink.h"

#include "journal/segment_writer.h"

namespace fors::journal {

env::Task<Result<>> ChunkSink::open() {
    for (std::string_view directory : {segment_directory, chunk_directory}) {
        auto made = co_await disk_.make_directory(std::string(directory));
        if (made) made = co_await disk_.sync_directory(std::string(directory));
        if (!made) co_return made;
    }
    co_return co_await disk_.sync_directory("");
}

env::Task<Result<>> ChunkSink::add(log::Append record) {
    const size_t bytes = sizeof(RecordHead) + record.key.size() + record.data.size();
    if (bytes_ > 0 && bytes_ + bytes > chunk_bytes_) {
        auto written = co_await write();
        if (!written) co_return written;
    }
    batch_->add(record);
    bytes_ += bytes;
    co_return {};
}

env::Task<Result<>> ChunkSink::finish() { co_return co_await write(); }

env::Task<Result<>> ChunkSink::write() {
    batch_->seal(++chunks_, 0);
    std::vector<BufferRef> batches;
    batches.emplace_back(std::move(batch_));
    batch_ = std::make_unique<Batch>();
    bytes_ = 0;
    auto written = co_await write_chunk(disk_, std::move(batches), shards_);
    if (!written) co_return std::unexpected(std::move(written.error()));
    co_return {};
}

}  // namespace fors::journal
