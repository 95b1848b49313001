// SPDX-License-Identifier: Apache-2.0
// Files by descriptor relative to the data directory; every failure names the path and the system's
// reason.
#include "host/disk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>

#include "base/concat.h"
#include "base/errno_text.h"

namespace fors::host {

namespace {

template <class T = void>
using Answer = env::Task<Result<T>>;

std::unexpected<Error> failed(std::string_view what, const std::string& path, int error = errno) {
    const Code code = error == ENOENT ? Code::not_found : Code::io_failed;
    return fail(code, concat(what, " ", path, ": ", errno_text(error)));
}

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_(fd) {}
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        return *this;
    }
    ~Descriptor() {
        if (fd_ >= 0) close(fd_);
    }
    int get() const { return fd_; }

private:
    int fd_;
};

class HostFile final : public env::File {
public:
    HostFile(Descriptor fd, std::string path, bool direct)
        : fd_(std::move(fd)), path_(std::move(path)), direct_(direct) {}

    Answer<size_t> read(uint64_t offset, std::span<std::byte> into) override {
        size_t done = 0;
        while (done < into.size()) {
            const ssize_t got = pread(fd_.get(), into.data() + done, into.size() - done,
                                      static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) continue;
            if (got < 0) co_return failed("cannot read", path_);
            done += static_cast<size_t>(got);
            // A direct read can't go on from elsewhere: it came to the file's end.
            if (got == 0 || (direct_ && done % env::direct_bytes != 0)) break;
        }
        co_return done;
    }

    void will_read(uint64_t offset, uint64_t length) override {
        posix_fadvise(fd_.get(), static_cast<off_t>(offset), static_cast<off_t>(length),
                      POSIX_FADV_WILLNEED);
    }

    Answer<> write(uint64_t offset, Bytes data) override { co_return put(offset, data, 0); }

    Answer<> write_synced(uint64_t offset, Bytes data) override {
        co_return put(offset, data, RWF_DSYNC);
    }

    Answer<> sync() override {
        if (fdatasync(fd_.get()) != 0) co_return failed("cannot sync", path_);
        co_return {};
    }

    Answer<uint64_t> size() override {
        struct stat status{};
        if (fstat(fd_.get(), &status) != 0) co_return failed("cannot stat", path_);
        co_return static_cast<uint64_t>(status.st_size);
    }

    Answer<> truncate(uint64_t size) override {
        if (ftruncate(fd_.get(), static_cast<off_t>(size)) != 0)
            co_return failed("cannot truncate", path_);
        co_return {};
    }

    Answer<> punch(uint64_t offset, uint64_t length) override {
        if (fallocate(fd_.get(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
                      static_cast<off_t>(offset), static_cast<off_t>(length)) != 0)
            co_return failed("cannot punch a hole into", path_);
        co_return {};
    }

private:
    Result<> put(uint64_t offset, Bytes data, int flags) {
        while (!data.empty()) {
            const iovec piece{const_cast<std::byte*>(data.data()), data.size()};
            const ssize_t done = pwritev2(fd_.get(), &piece, 1, static_cast<off_t>(offset), flags);
            if (done < 0 && errno == EINTR) continue;
            if (done < 0) return failed("cannot write", path_);
            data = data.subspan(static_cast<size_t>(done));
            offset += static_cast<uint64_t>(done);
        }
        return {};
    }

    Descriptor fd_;
    std::string path_;
    bool direct_;
};

class HostLock final : public env::DirectoryLock {
public:
    explicit HostLock(Descriptor fd) : fd_(std::move(fd)) {}

private:
    Descriptor fd_;
};

// Why the file LOCK of that directory could not be locked.
std::unexpected<Error> not_locked(const Descriptor& lock, const std::string& directory) {
    if (errno != EWOULDBLOCK) return failed("cannot lock", directory + "/LOCK");
    char holder[32] = {};
    const ssize_t got = pread(lock.get(), holder, sizeof(holder) - 1, 0);
    const std::string who = got > 0 ? " (process " + std::string(holder) + ")" : "";
    return fail(Code::in_use,
                "the data directory " + directory + " is in use by another fors" + who);
}

class HostDisk final : public env::Disk {
public:
    HostDisk(Descriptor root, std::string name) : root_(std::move(root)), name_(std::move(name)) {}

    Answer<std::unique_ptr<env::File>> open(std::string path, env::OpenMode mode) override {
        const bool reads = mode == env::OpenMode::read || mode == env::OpenMode::read_direct;
        const bool direct =
            mode == env::OpenMode::create_direct || mode == env::OpenMode::read_direct;
        int flags = O_CLOEXEC | (reads ? O_RDONLY : O_RDWR);
        if (!env::must_exist(mode)) flags |= O_CREAT;
        if (mode == env::OpenMode::create_new) flags |= O_EXCL;
        Descriptor fd(openat(root_.get(), path.c_str(), flags | (direct ? O_DIRECT : 0), 0600));
        // Some file systems (tmpfs) know no direct access.
        if (fd.get() < 0 && direct && errno == EINVAL)
            fd = Descriptor(openat(root_.get(), path.c_str(), flags, 0600));
        if (fd.get() < 0) co_return failed("cannot open", full(path));
        co_return std::make_unique<HostFile>(std::move(fd), full(path), direct);
    }

    Answer<> remove(std::string path) override {
        if (unlinkat(root_.get(), path.c_str(), 0) != 0)
            co_return failed("cannot remove", full(path));
        co_return {};
    }

    Answer<> rename(std::string from, std::string to) override {
        if (renameat(root_.get(), from.c_str(), root_.get(), to.c_str()) != 0)
            co_return failed("cannot rename", full(from));
        co_return {};
    }

    Answer<> make_directory(std::string path) override {
        if (mkdirat(root_.get(), path.c_str(), 0700) != 0 && errno != EEXIST)
            co_return failed("cannot make the directory", full(path));
        co_return {};
    }

    Answer<std::vector<std::string>> list(std::string directory) override {
        const int fd = openat(root_.get(), directory.empty() ? "." : directory.c_str(),
                              O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0) co_return failed("cannot list", full(directory));
        DIR* stream = fdopendir(fd);
        if (!stream) {
            const int error = errno;
            ::close(fd);
            co_return failed("cannot list", full(directory), error);
        }
        std::vector<std::string> names;
        errno = 0;
        // NOLINTNEXTLINE(concurrency-mt-unsafe): the stream is ours alone
        while (const dirent* entry = readdir(stream)) {
            const std::string_view name = entry->d_name;
            if (name != "." && name != "..") names.emplace_back(name);
            errno = 0;
        }
        const int error = errno;  // the end and a failure look alike but for it
        closedir(stream);
        if (error != 0) co_return failed("cannot list", full(directory), error);
        std::ranges::sort(names);
        co_return names;
    }

    Answer<> sync_directory(std::string directory) override {
        const Descriptor fd(openat(root_.get(), directory.empty() ? "." : directory.c_str(),
                                   O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        if (fd.get() < 0 || fsync(fd.get()) != 0) co_return failed("cannot sync", full(directory));
        co_return {};
    }

    Result<std::unique_ptr<env::DirectoryLock>> lock() override {
        Descriptor fd(openat(root_.get(), "LOCK", O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        if (fd.get() < 0) return failed("cannot open", full("LOCK"));
        if (flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return not_locked(fd, name_);
        const std::string pid = std::to_string(getpid());
        (void)!ftruncate(fd.get(), 0);
        (void)!pwrite(fd.get(), pid.data(), pid.size(), 0);
        return std::make_unique<HostLock>(std::move(fd));
    }

private:
    std::string full(const std::string& path) const {
        return path.empty() ? name_ : name_ + "/" + path;
    }

    Descriptor root_;
    std::string name_;
};

}  // namespace

Result<std::unique_ptr<env::Disk>> open_disk(const std::string& directory) {
    for (size_t at = 0; at != std::string::npos;) {  // as mkdir -p
        at = directory.find('/', at + 1);
        const std::string part = directory.substr(0, at);
        const bool made = mkdir(part.c_str(), 0700) == 0;
        if (!made && errno != EEXIST && errno != EISDIR)
            return failed("cannot make the directory", part);
        // Its name must outlive a power cut as what will lie in it does; whoever made it may have
        // been killed before this.
        if (!made && at != std::string::npos) continue;
        const Descriptor above(::open((part + "/..").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        const bool synced = above.get() >= 0 && fsync(above.get()) == 0;
        if (made && !synced) return failed("cannot sync the directory above", part);
    }
    Descriptor root(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (root.get() < 0) return failed("cannot open", directory);
    return std::make_unique<HostDisk>(std::move(root), directory);
}

Result<> sync_directory(const std::string& directory) {
    const Descriptor fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (fd.get() < 0 || fsync(fd.get()) != 0) return failed("cannot sync", directory);
    return {};
}

Result<std::unique_ptr<env::DirectoryLock>> lock_for_reading(const std::string& directory) {
    const std::string path = directory + "/LOCK";
    Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (fd.get() < 0 && errno == ENOENT) return nullptr;
    if (fd.get() < 0) return failed("cannot open", path);
    if (flock(fd.get(), LOCK_SH | LOCK_NB) != 0) return not_locked(fd, directory);
    return std::make_unique<HostLock>(std::move(fd));
}

}  // namespace fors::host
