// SPDX-License-Identifier: Apache-2.0
// Files as maps of pages: what was never written or was punched out takes no memory.
#include "sim/memory_disk.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <mutex>

namespace fors::sim {

namespace {

constexpr uint64_t page_bytes = 64 << 10;

template <class T = void>
using Answer = env::Task<Result<T>>;

bool all_zero(Bytes bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

struct Content {
    std::mutex mutex;
    std::map<uint64_t, std::unique_ptr<std::byte[]>> pages;  // by number
    uint64_t size = 0;

    // Calls `use(page or null, offset in page, offset in the range, length)` for each page of a
    // range.
    template <class Use>
    void for_pages(uint64_t offset, uint64_t length, Use use) {
        for (uint64_t done = 0; done < length;) {
            const uint64_t at = (offset + done) % page_bytes;
            const uint64_t part = std::min(page_bytes - at, length - done);
            use((offset + done) / page_bytes, at, done, part);
            done += part;
        }
    }
};

class MemoryFile final : public env::File {
public:
    explicit MemoryFile(std::shared_ptr<Content> content) : content_(std::move(content)) {}

    Answer<size_t> read(uint64_t offset, std::span<std::byte> into) override {
        const std::lock_guard lock(content_->mutex);
        if (offset >= content_->size) co_return size_t{0};
        const uint64_t length = std::min<uint64_t>(into.size(), content_->size - offset);
        content_->for_pages(offset, length,
                            [&](uint64_t page, uint64_t at, uint64_t done, uint64_t part) {
                                const auto found = content_->pages.find(page);
                                if (found == content_->pages.end())
                                    std::memset(into.data() + done, 0, part);
                                else
                                    std::memcpy(into.data() + done, found->second.get() + at, part);
                            });
        co_return static_cast<size_t>(length);
    }

    Answer<> write(uint64_t offset, Bytes data) override {
        const std::lock_guard lock(content_->mutex);
        content_->for_pages(offset, data.size(),
                            [&](uint64_t page, uint64_t at, uint64_t done, uint64_t part) {
                                const Bytes bytes = data.subspan(done, part);
                                auto& place = content_->pages[page];
                                if (!place) {
                                    if (all_zero(bytes)) {  // prewriting a file costs nothing here
                                        content_->pages.erase(page);
                                        return;
                                    }
                                    place = std::make_unique<std::byte[]>(page_bytes);
                                }
                                std::memcpy(place.get() + at, bytes.data(), part);
                            });
        content_->size = std::max(content_->size, offset + data.size());
        co_return {};
    }

    Answer<> sync() override { co_return {}; }

    Answer<uint64_t> size() override {
        const std::lock_guard lock(content_->mutex);
        co_return content_->size;
    }

    Answer<> truncate(uint64_t size) override {
        const std::lock_guard lock(content_->mutex);
        if (size < content_->size) clear(size, round_up(content_->size) - size);
        content_->size = size;
        co_return {};
    }

    Answer<> punch(uint64_t offset, uint64_t length) override {
        const std::lock_guard lock(content_->mutex);
        clear(offset, length);
        co_return {};
    }

private:
    static uint64_t round_up(uint64_t size) {
        return (size + page_bytes - 1) / page_bytes * page_bytes;
    }

    void clear(uint64_t offset, uint64_t length) {
        content_->for_pages(offset, length,
                            [&](uint64_t page, uint64_t at, uint64_t, uint64_t part) {
                                const auto found = content_->pages.find(page);
                                if (found == content_->pages.end()) return;
                                if (part == page_bytes)
                                    content_->pages.erase(found);
                                else
                                    std::memset(found->second.get() + at, 0, part);
                            });
    }

    std::shared_ptr<Content> content_;
};

class MemoryDisk final : public env::Disk {
public:
    Answer<std::unique_ptr<env::File>> open(std::string path, env::OpenMode mode) override {
        const std::lock_guard lock(mutex_);
        const auto at = files_.find(path);
        const bool make = !env::must_exist(mode);
        if (at == files_.end() && !make) co_return fail(Code::not_found, path + " does not exist");
        if (at != files_.end() && mode == env::OpenMode::create_new)
            co_return fail(Code::io_failed, path + " exists");
        auto& content = files_[path];
        if (!content) content = std::make_shared<Content>();
        co_return std::make_unique<MemoryFile>(content);
    }

    Answer<> remove(std::string path) override {
        const std::lock_guard lock(mutex_);
        if (files_.erase(path) == 0) co_return fail(Code::not_found, path + " does not exist");
        co_return {};
    }

    Answer<> rename(std::string from, std::string to) override {
        const std::lock_guard lock(mutex_);
        auto moved = files_.extract(from);
        if (!moved) co_return fail(Code::not_found, from + " does not exist");
        files_.erase(to);
        moved.key() = to;
        files_.insert(std::move(moved));
        co_return {};
    }

    Answer<> make_directory(std::string) override { co_return {}; }

    Answer<std::vector<std::string>> list(std::string directory) override {
        const std::lock_guard lock(mutex_);
        std::vector<std::string> names;
        const std::string prefix = directory.empty() ? "" : directory + "/";
        for (const auto& [path, content] : files_)
            if (path.starts_with(prefix)) names.push_back(path.substr(prefix.size()));
        co_return names;
    }

    Answer<> sync_directory(std::string) override { co_return {}; }

    Result<std::unique_ptr<env::DirectoryLock>> lock() override {
        return std::make_unique<env::DirectoryLock>();  // nobody else can see this disk
    }

private:
    std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Content>> files_;
};

}  // namespace

std::unique_ptr<env::Disk> make_memory_disk() { return std::make_unique<MemoryDisk>(); }

}  // namespace fors::sim
