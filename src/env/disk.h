// SPDX-License-Identifier: Apache-2.0
// Disk and File: storage whose every operation may wait and may fail; what was not synced may be
// lost in a crash.
//
// Tasks run on the executor that awaits them; the host implementation blocks that thread, which is
// why the journal does its writes on threads of their own. Only one operation that changes a file
// may be under way at a time, but for writes by write_synced() to ranges that lie apart.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "env/task.h"

namespace fors::env {

class File {
public:
    virtual ~File() = default;

    // Reads up to into.size() bytes; fewer only at the end of the file. Safe from several threads
    // at once.
    virtual Task<Result<size_t>> read(uint64_t offset, std::span<std::byte> into) = 0;
    // The range will be read soon: a hint, which costs no wait.
    virtual void will_read(uint64_t /*offset*/, uint64_t /*length*/) {}
    virtual Task<Result<>> write(uint64_t offset, Bytes data) = 0;
    // What was written, and the file's size, survive a crash once this returns (fdatasync). A
    // failed sync leaves the file's state unknown: the caller must not go on appending as if
    // nothing had happened.
    virtual Task<Result<>> sync() = 0;
    // write(), then sync() of what it wrote; of what others wrote meanwhile it may say nothing. In
    // one call to the system where it has that. Of those that sync through one File at once only
    // one may be told of a failure, and not the one whose failure it is: each needs a File of its
    // own.
    virtual Task<Result<>> write_synced(uint64_t offset, Bytes data) {
        auto done = co_await write(offset, data);
        if (done) done = co_await sync();
        co_return done;
    }
    virtual Task<Result<uint64_t>> size() = 0;
    virtual Task<Result<>> truncate(uint64_t size) = 0;
    // Gives the range's blocks back to the file system; it reads as zeros afterwards. Size
    // unchanged.
    virtual Task<Result<>> punch(uint64_t offset, uint64_t length) = 0;
};

// A held lock on a directory; released by destruction (and by the death of the process).
class DirectoryLock {
public:
    virtual ~DirectoryLock() = default;
};

enum class OpenMode : uint8_t {
    read,           // must exist
    read_direct,    // must exist; from the medium rather than from the system's cache where it can,
                    // so that what is read there is what lies there
    write,          // must exist
    create,         // made when missing
    create_new,     // must not exist
    create_direct,  // as create, for what is written once and seldom read: past the system's cache
                    // where it can
};

// What offsets, lengths and memory of direct reads and writes are multiples of.
inline constexpr size_t direct_bytes = 4096;

// Modes that want a file to be there already.
constexpr bool must_exist(OpenMode mode) {
    return mode == OpenMode::read || mode == OpenMode::read_direct || mode == OpenMode::write;
}

// Paths are relative to the disk's root (the data directory), with '/' between parts. Thread-safe.
class Disk {
public:
    virtual ~Disk() = default;

    virtual Task<Result<std::unique_ptr<File>>> open(std::string path, OpenMode mode) = 0;
    virtual Task<Result<>> remove(std::string path) = 0;
    virtual Task<Result<>> rename(std::string from, std::string to) = 0;
    virtual Task<Result<>> make_directory(std::string path) = 0;  // exists already: success
    virtual Task<Result<std::vector<std::string>>> list(
        std::string directory) = 0;  // names, sorted
    // Creations, removals and renames in `directory` survive a crash once this returns. "": the
    // root.
    virtual Task<Result<>> sync_directory(std::string directory) = 0;
    // Code::in_use when another process holds it.
    virtual Result<std::unique_ptr<DirectoryLock>> lock() = 0;
};

}  // namespace fors::env
