// SPDX-License-Identifier: Apache-2.0
// The log: batches, and the second thread that writes them with one synced write each.
#pragma once

#include <fcntl.h>
#include <immintrin.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

namespace ideal {

constexpr size_t block_bytes = 4096;
constexpr size_t batch_head_bytes = 16;
constexpr size_t batch_bytes_max = 64 << 20;
constexpr size_t file_bytes = 256 << 20;

struct Connection;

[[noreturn]] inline void die(const char* what) {
    std::perror(what);
    std::_Exit(1);
}

inline uint32_t crc32c(const char* data, size_t size) {
    uint64_t crc = 0xFFFF'FFFF;
    for (; size >= 8; size -= 8, data += 8) {
        uint64_t word;
        std::memcpy(&word, data, 8);
        crc = _mm_crc32_u64(crc, word);
    }
    for (; size > 0; --size, ++data)
        crc = _mm_crc32_u8(static_cast<uint32_t>(crc), static_cast<uint8_t>(*data));
    return ~static_cast<uint32_t>(crc);
}

// Laid out as it is written: a head of 16 bytes (checksum, size, number), then the records.
struct Batch {
    char* bytes = static_cast<char*>(mmap(nullptr, batch_bytes_max, PROT_READ | PROT_WRITE,
                                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0));
    size_t size = batch_head_bytes;
    std::vector<Connection*> waiters;

    // At most so much may be written behind its end.
    char* room(size_t most) {
        if (size + most + 64 > batch_bytes_max) die("a batch is full");
        return bytes + size;
    }
};

struct RecordHead {
    uint64_t sequence;
    uint32_t data_bytes;
    uint16_t key_bytes;
    uint16_t shard;
};

// The second thread: takes a batch, writes it, says so by an eventfd.
class Log {
public:
    explicit Log(const std::string& path)
        : file_(open_prewritten(path)), thread_([this] { run(); }) {
        thread_.detach();
    }
    int done() const { return done_; }
    void write(Batch& batch) {
        batch_ = &batch;  // the eventfd orders this before the thread's look at it
        eventfd_write(wake_, 1);
    }

private:
    static int open_prewritten(const std::string& path) {
        int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_DIRECT, 0600);
        if (file < 0 && errno == EINVAL)  // tmpfs knows no direct access
            file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
        const Batch zeros;
        for (size_t at = 0; at < file_bytes; at += 1 << 20)
            if (pwrite(file, zeros.bytes, 1 << 20, static_cast<off_t>(at)) != 1 << 20) die("file");
        if (fsync(file) != 0) die("sync");
        munmap(zeros.bytes, batch_bytes_max);
        return file;
    }
    void run() {
        for (eventfd_t count; eventfd_read(wake_, &count) == 0;) {
            seal(*batch_);
            const iovec piece{batch_->bytes, batch_->size};
            if (at_ + batch_->size > file_bytes) at_ = 0;
            const ssize_t wrote = pwritev2(file_, &piece, 1, static_cast<off_t>(at_), RWF_DSYNC);
            if (wrote != static_cast<ssize_t>(batch_->size)) die("cannot write");
            at_ += batch_->size;
            eventfd_write(done_, 1);
        }
    }
    void seal(Batch& batch) {
        const auto size = static_cast<uint32_t>(batch.size);
        std::memcpy(batch.bytes + 4, &size, 4);
        std::memcpy(batch.bytes + 8, &++number_, 8);
        const uint32_t crc = crc32c(batch.bytes + 4, batch.size - 4);
        std::memcpy(batch.bytes, &crc, 4);
        const size_t whole = (batch.size + block_bytes - 1) / block_bytes * block_bytes;
        std::memset(batch.bytes + batch.size, 0, whole - batch.size);
        batch.size = whole;
    }

    int wake_ = eventfd(0, EFD_CLOEXEC);
    int done_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    int file_;
    Batch* batch_ = nullptr;
    uint64_t number_ = 0;
    size_t at_ = 0;
    std::thread thread_;
};

}  // namespace ideal
