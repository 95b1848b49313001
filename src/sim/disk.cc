// SPDX-License-Identifier: Apache-2.0
// What is on the platter, what is in the cache, and what a crash makes of the difference.
#include "sim/disk.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <set>
#include <utility>

namespace fors::sim {

namespace {

constexpr uint64_t sector_bytes = 512;
constexpr size_t last_writes_max = 8;

std::string directory_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    return slash == std::string::npos ? "" : path.substr(0, slash);
}

}  // namespace

struct Disk::Content {
    std::vector<std::byte> cached;   // as programs see it
    std::vector<std::byte> durable;  // as of the last sync
    std::set<uint64_t> dirty;        // sectors that differ, perhaps

    // Each dirty sector reaches the platter or doesn't.
    void decide(Random& random, DiskCounts& counts) {
        uint64_t lost = 0;
        const uint64_t all = dirty.size();
        const bool grown = cached.size() > durable.size();
        if (grown && random.chance(0.5)) durable.resize(cached.size());
        const double kept = random.chance(0.3) ? 0.0 : random.chance(0.3) ? 1.0 : 0.5;
        for (uint64_t sector : dirty) {
            if (random.chance(kept))
                copy_sector(sector);
            else
                ++lost;
        }
        dirty.clear();
        counts.sectors_lost += lost;
        if (lost > 0 && lost < all) ++counts.crashes_torn;
    }
    void copy_sector(uint64_t sector) {
        const uint64_t from = sector * sector_bytes;
        const uint64_t end =
            std::min<uint64_t>({from + sector_bytes, cached.size(), durable.size()});
        if (from < end) std::memcpy(durable.data() + from, cached.data() + from, end - from);
    }
    // Those sectors, of a file that was so large.
    void save(const std::set<uint64_t>& sectors, uint64_t size) {
        durable.resize(std::min<uint64_t>(size, cached.size()));
        for (uint64_t sector : sectors) {
            copy_sector(sector);
            dirty.erase(sector);
        }
    }
    // Whole sectors.
    void save(uint64_t offset, uint64_t length) {
        durable.resize(
            std::max<uint64_t>(durable.size(), std::min<uint64_t>(offset + length, cached.size())));
        const uint64_t first = offset / sector_bytes;
        const uint64_t end = (offset + length + sector_bytes - 1) / sector_bytes;
        for (uint64_t sector = first; sector < end; ++sector) copy_sector(sector);
        dirty.erase(dirty.lower_bound(first), dirty.lower_bound(end));
    }
};

class Disk::File final : public env::File {
public:
    File(Disk& disk, std::string path, std::shared_ptr<Content> content)
        : disk_(disk), path_(std::move(path)), content_(std::move(content)) {}

    Answer<size_t> read(uint64_t offset, std::span<std::byte> into) override {
        const bool failing = disk_.world_.random().chance(disk_.options_.read_failure);
        co_await pause{disk_.world_, disk_.draw(disk_.options_.write_latency)};
        if (failing) {
            ++disk_.counts_.reads_failed;
            co_return fail(Code::io_failed, "input/output error");
        }
        const auto& bytes = content_->cached;
        if (offset >= bytes.size()) co_return size_t{0};
        const size_t length = std::min<uint64_t>(into.size(), bytes.size() - offset);
        if (length > 0) std::memcpy(into.data(), bytes.data() + offset, length);
        co_return length;
    }

    Answer<> write(uint64_t offset, Bytes data) override {
        auto landed = co_await put(offset, data);
        if (!landed) co_return std::unexpected(std::move(landed.error()));
        co_return {};
    }

    // What others write meanwhile is as unsynced afterwards as it was before.
    Answer<> write_synced(uint64_t offset, Bytes data) override {
        auto landed = co_await put(offset, data);
        if (!landed) co_return std::unexpected(std::move(landed.error()));
        ++syncing_;
        auto synced = co_await wait_for_sync();
        --syncing_;
        if (synced) content_->save(*landed, data.size());
        // As with the system's own files: of those who sync at once through one that was opened
        // once, a single one is told what went wrong.
        if (!synced && syncing_ > 0) {
            untold_ = std::move(synced.error());
            co_return {};
        }
        if (untold_) co_return std::unexpected(*std::exchange(untold_, std::nullopt));
        co_return synced;
    }

    Answer<> sync() override {
        const auto sectors = content_->dirty;
        const uint64_t size = content_->cached.size();
        auto synced = co_await wait_for_sync();
        if (synced) content_->save(sectors, size);
        co_return synced;
    }

    Answer<uint64_t> size() override { co_return content_->cached.size(); }

    Answer<> truncate(uint64_t size) override {
        auto failing = disk_.fail_at_times(disk_.options_.write_failure, writes_failed());
        if (!failing) co_return failing;
        content_->cached.resize(size);
        co_return {};
    }

    Answer<> punch(uint64_t offset, uint64_t length) override {
        auto failing = disk_.fail_at_times(disk_.options_.write_failure, writes_failed());
        if (!failing) co_return failing;
        auto& bytes = content_->cached;
        const uint64_t end = std::min<uint64_t>(offset + length, bytes.size());
        for (uint64_t at = offset; at < end; ++at) bytes[at] = std::byte{0};
        for (uint64_t at = offset / sector_bytes; at * sector_bytes < end; ++at)
            content_->dirty.insert(at);
        co_return {};
    }

private:
    uint64_t& writes_failed() { return disk_.counts_.writes_failed; }

    // Gives the place where it went.
    Answer<uint64_t> put(uint64_t offset, Bytes data) {
        ++disk_.counts_.writes;
        Random& random = disk_.world_.random();
        const bool full = disk_.full_;
        const bool failing = random.chance(disk_.options_.write_failure);
        const uint64_t blocks = content_->cached.size() / env::direct_bytes;
        const bool strays = random.chance(disk_.options_.misdirection) || disk_.misdirect_once_;
        if (blocks > 0 && strays) {
            disk_.misdirect_once_ = false;
            ++disk_.counts_.misdirected;
            offset = random.below(blocks) * env::direct_bytes;
        }
        // It may be on its way when the machine dies: it is in the cache before the wait.
        if (!full && !failing) {
            auto& bytes = content_->cached;
            if (bytes.size() < offset + data.size()) bytes.resize(offset + data.size());
            std::memcpy(bytes.data() + offset, data.data(), data.size());
            const uint64_t last = (offset + data.size() - 1) / sector_bytes;
            for (uint64_t at = offset / sector_bytes; at <= last; ++at) content_->dirty.insert(at);
            disk_.last_writes_.push_back({path_, offset, data.size()});
            if (disk_.last_writes_.size() > last_writes_max) disk_.last_writes_.pop_front();
        }
        co_await pause{disk_.world_, disk_.draw(disk_.options_.write_latency)};
        disk_.counts_.refused_full += full;
        if (full) co_return fail(Code::io_failed, "no space left on device");
        disk_.counts_.writes_failed += failing;
        if (failing) co_return fail(Code::io_failed, "input/output error");
        co_return offset;
    }

    Answer<> wait_for_sync() {
        ++disk_.counts_.syncs;
        const bool failing = disk_.world_.random().chance(disk_.options_.sync_failure);
        co_await pause{disk_.world_, disk_.draw(disk_.options_.sync_latency)};
        if (!failing) co_return {};
        ++disk_.counts_.syncs_failed;
        content_->decide(disk_.world_.random(), disk_.counts_);
        co_return fail(Code::io_failed, "input/output error");
    }

    Disk& disk_;
    std::string path_;
    std::shared_ptr<Content> content_;
    size_t syncing_ = 0;
    std::optional<Error> untold_;
};

Disk::Disk(World& world, DiskOptions options) : world_(world), options_(options) {}
Disk::~Disk() = default;

env::Nanoseconds Disk::draw(env::Nanoseconds most) {
    const auto span = static_cast<uint64_t>(most.count() * slowness_) + 1;
    return env::Nanoseconds(static_cast<int64_t>(world_.random().below(span)));
}

Result<> Disk::fail_at_times(double probability, uint64_t& count) {
    if (probability == 0 || !world_.random().chance(probability)) return {};
    ++count;
    return fail(Code::io_failed, "input/output error");
}

Result<> Disk::change_names(const std::string& directory, std::function<void(Names&)> change) {
    auto failing = fail_at_times(options_.write_failure, counts_.writes_failed);
    if (!failing) return failing;
    change(names_);
    doubts_.push_back({doubts_ever_++, directory, std::move(change)});
    return {};
}

Disk::Answer<std::unique_ptr<env::File>> Disk::open(std::string path, env::OpenMode mode) {
    const auto at = names_.find(path);
    const bool make = !env::must_exist(mode);
    if (at == names_.end() && !make) co_return fail(Code::not_found, path + " does not exist");
    if (at != names_.end() && mode == env::OpenMode::create_new)
        co_return fail(Code::io_failed, path + " exists");
    if (at == names_.end()) {
        if (full_) co_return fail(Code::io_failed, "no space left on device");
        auto content = std::make_shared<Content>();
        auto made = change_names(directory_of(path),
                                 [path, content](Names& names) { names[path] = content; });
        if (!made) co_return std::unexpected(std::move(made.error()));
    }
    co_return std::make_unique<File>(*this, path, names_.at(path));
}

Disk::Answer<> Disk::remove(std::string path) {
    if (!names_.contains(path)) co_return fail(Code::not_found, path + " does not exist");
    co_return change_names(directory_of(path), [path](Names& names) { names.erase(path); });
}

Disk::Answer<> Disk::rename(std::string from, std::string to) {
    if (!names_.contains(from)) co_return fail(Code::not_found, from + " does not exist");
    co_return change_names(directory_of(to), [from, to](Names& names) {
        const auto at = names.find(from);
        if (at == names.end()) return;
        names[to] = at->second;
        names.erase(from);
    });
}

Disk::Answer<> Disk::make_directory(std::string path) {
    if (names_.contains(path + "/")) co_return {};
    if (full_) co_return fail(Code::io_failed, "no space left on device");
    co_return change_names(directory_of(path), [path](Names& names) {
        names[path + "/"] = std::make_shared<Content>();
    });
}

Disk::Answer<std::vector<std::string>> Disk::list(std::string directory) {
    std::vector<std::string> found;
    for (const auto& [path, content] : names_)
        if (directory_of(path) == directory && !path.ends_with('/'))
            found.push_back(directory.empty() ? path : path.substr(directory.size() + 1));
    co_return found;
}

Disk::Answer<> Disk::sync_directory(std::string directory) {
    // Those that come while it waits are not its own.
    const uint64_t end = doubts_ever_;
    co_await pause{world_, draw(options_.sync_latency)};
    auto failing = fail_at_times(options_.sync_failure, counts_.syncs_failed);
    if (!failing) co_return failing;
    std::erase_if(doubts_, [&](const Doubt& doubt) {
        if (doubt.directory != directory || doubt.number >= end) return false;
        doubt.change(durable_names_);
        return true;
    });
    co_return {};
}

Result<std::unique_ptr<env::DirectoryLock>> Disk::lock() {
    return std::make_unique<env::DirectoryLock>();  // a process's death lets go of its lock
}

void Disk::crash() {
    ++counts_.crashes;
    // File systems keep the order of such changes: the first ones stay, the later ones are lost.
    const size_t kept = doubts_.empty() ? 0 : world_.random().below(doubts_.size() + 1);
    for (size_t at = 0; at < kept; ++at) doubts_[at].change(durable_names_);
    counts_.names_lost += doubts_.size() - kept;
    doubts_.clear();
    Names survivors;
    const auto gone = [&](const std::string& path) {  // with the directory it was in
        const std::string directory = directory_of(path);
        return !directory.empty() && !durable_names_.contains(directory + "/");
    };
    std::erase_if(durable_names_,
                  [&](const auto& each) { return !each.first.ends_with('/') && gone(each.first); });
    for (const auto& [path, content] : durable_names_) {
        content->decide(world_.random(), counts_);
        auto fresh =
            std::make_shared<Content>();  // files opened before the crash write into the void
        fresh->durable = content->durable;
        fresh->cached = content->durable;
        survivors.emplace(path, std::move(fresh));
    }
    durable_names_ = survivors;
    names_ = std::move(survivors);
}

void Disk::flip_bit(const std::string& path, uint64_t bit) {
    auto& bytes = names_.at(path)->cached;
    if (bytes.empty()) return;
    ++counts_.bits_flipped;
    names_.at(path)->dirty.insert(bit / 8 % bytes.size() / sector_bytes);
    bytes[bit / 8 % bytes.size()] ^= static_cast<std::byte>(1U << (bit % 8));
}

std::vector<std::string> Disk::files() const {
    std::vector<std::string> found;
    for (const auto& [path, content] : names_)
        if (!path.ends_with('/')) found.push_back(path);
    return found;
}

}  // namespace fors::sim
