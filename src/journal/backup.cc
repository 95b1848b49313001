// SPDX-License-Identifier: Apache-2.0
#include "journal/backup.h"

#include "journal/file_copy.h"
#include "journal/segment_writer.h"

namespace fors::journal {

namespace {

env::Task<Result<>> make_directories(env::Disk& disk) {
    for (std::string_view directory : {segment_directory, chunk_directory}) {
        auto made = co_await disk.make_directory(std::string(directory));
        if (made) made = co_await disk.sync_directory(std::string(directory));
        if (!made) co_return made;
    }
    co_return co_await disk.sync_directory("");
}

// What is in no chunk yet, as one; it is there even without a record, as its footer says what is
// known of the shards at that moment.
env::Task<Result<Manifest::File>> write_last_chunk(env::Disk& to, Moment moment, Pace& pace) {
    if (moment.batches.empty()) {
        auto empty = std::make_unique<Batch>();
        empty->seal(moment.last_batch + 1, 0);
        moment.batches.emplace_back(std::move(empty));
    }
    auto written = co_await write_chunk(to, std::move(moment.batches), std::move(moment.shards));
    if (!written) co_return std::unexpected(std::move(written.error()));
    const std::string path = chunk_path(written->last_batch);
    auto sum = co_await sum_file(to, path, pace);
    if (!sum) co_return std::unexpected(std::move(sum.error()));
    co_return Manifest::File{path, sum->bytes, sum->crc32c};
}

env::Task<Result<std::vector<Manifest::File>>> copy_files(env::Disk& from, env::Disk& to,
                                                          std::vector<uint64_t> chunks,
                                                          Pace& pace) {
    std::vector<Manifest::File> files;
    for (const uint64_t chunk : chunks) {
        const std::string path = chunk_path(chunk);
        auto copied = co_await copy_file(from, path, to, path, pace);
        if (!copied) co_return std::unexpected(std::move(copied.error()));
        files.push_back({path, copied->bytes, copied->crc32c});
    }
    co_return files;
}

// The newest first: it frees the memory of its batches.
env::Task<Result<Manifest>> copy_moment(env::Disk& from, env::Disk& to, Moment moment, Pace& pace) {
    auto made = co_await make_directories(to);
    if (!made) co_return std::unexpected(std::move(made.error()));
    const auto chunks = moment.chunks;
    auto last = co_await write_last_chunk(to, std::move(moment), pace);
    if (!last) co_return std::unexpected(std::move(last.error()));
    auto files = co_await copy_files(from, to, chunks, pace);
    if (!files) co_return std::unexpected(std::move(files.error()));
    Manifest manifest;
    manifest.files = std::move(*files);
    manifest.files.push_back(std::move(*last));
    auto synced = co_await to.sync_directory(std::string(chunk_directory));
    if (!synced) co_return std::unexpected(std::move(synced.error()));
    co_return manifest;
}

}  // namespace

env::Task<Result<Manifest>> backup(BackupParts parts, int64_t now_ms, Pace& pace) {
    auto moment = parts.journal.hold();
    if (!moment) co_return std::unexpected(std::move(moment.error()));
    co_await env::resume_on(parts.apart);
    auto manifest = co_await copy_moment(parts.from, parts.to, std::move(*moment), pace);
    co_await env::resume_on(parts.home);
    const bool held = parts.journal.let_go();
    if (manifest && !held)
        co_return fail(Code::unavailable,
                       "the disk was in trouble, so that space had to be given back meanwhile");
    if (!manifest) co_return manifest;
    manifest->made_ms = now_ms;
    manifest->beside = std::move(parts.beside);
    co_await env::resume_on(parts.apart);
    auto written = co_await write_manifest(parts.to, *manifest);
    co_await env::resume_on(parts.home);
    if (!written) co_return std::unexpected(std::move(written.error()));
    co_return manifest;
}

env::Task<Result<>> restore(env::Disk& from, env::Disk& to, Manifest manifest, Pace& pace) {
    auto made = co_await make_directories(to);
    if (!made) co_return made;
    for (const Manifest::File& file : manifest.files) {
        auto copied = co_await copy_file(from, file.path, to, file.path, pace);
        if (!copied && copied.error().code == Code::not_found)
            co_return fail(Code::corrupt, file.path + " is missing");
        if (!copied) co_return std::unexpected(std::move(copied.error()));
        if (copied->bytes != file.bytes || copied->crc32c != file.crc32c)
            co_return fail(Code::corrupt, file.path + " is not what the manifest says");
    }
    co_return co_await to.sync_directory(std::string(chunk_directory));
}

}  // namespace fors::journal
