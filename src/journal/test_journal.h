// SPDX-License-Identifier: Apache-2.0
// For tests: a journal on a simulated disk, opened, killed, crashed and asked in straight lines.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/assert.h"
#include "journal/journal.h"
#include "journal/segment_header.h"
#include "sim/disk.h"
#include "sim/world.h"

namespace fors::journal {

using namespace std::chrono_literals;

struct Read {
    uint64_t sequence;
    std::string key;
    std::string data;
    friend bool operator==(const Read&, const Read&) = default;
};

// Small enough that a few records make a chunk.
inline Options small_options() {
    Options options{.cache_bytes = 256 << 10};
    options.segments = {.first_bytes = 32 << 10, .bytes_max = 64 << 10};
    return options;
}

class TestJournal {
public:
    explicit TestJournal(uint64_t seed = 1, sim::DiskOptions faults = {})
        : world(seed), disk(world, faults) {}
    ~TestJournal() { kill(); }

    // Opens on what the disk holds; the reports of damage and failures are gathered in `reports`.
    Result<> try_open(Options options = small_options()) {
        process_ = &world.make_process();
        sim::Executor& home = process_->make_executor();
        sim::Executor& log = process_->make_executor();
        sim::Executor& log_too = process_->make_executor();
        sim::Executor& background = process_->make_executor();
        sim::Executor& reads = process_->make_executor();
        home_ = &home;
        options.report = [this](const std::string& text) { reports.push_back(text); };
        auto opened = run<Result<std::unique_ptr<Journal>>>([&] {
            return Journal::open(
                {world.clock(), *in_use, home, {&log, &log_too}, background, reads, world.random()},
                std::move(options));
        });
        if (!opened) return std::unexpected(opened.error());
        journal = std::move(*opened);
        return {};
    }
    void open(Options options = small_options()) {
        auto opened = try_open(std::move(options));
        FORS_ASSERT(opened);
    }

    // The process dies; what it wrote stays with the operating system.
    void kill() {
        if (!process_) return;
        process_->kill();
        process_ = nullptr;
        (void)journal.release();  // coroutines that never go on may refer to it
    }
    // The machine loses its power as well.
    void crash() {
        kill();
        disk.crash();
    }

    // Runs what `make` gives on the home executor until it ends.
    template <class T>
    T run(std::function<env::Task<T>()> make) {
        auto outcome = std::make_shared<std::optional<T>>();
        home_->post([make = std::move(make), outcome] { env::spawn(keep<T>(make(), outcome)); });
        const bool ended = world.run_until([&] { return outcome->has_value(); }, 600s);
        FORS_ASSERT(ended);
        return std::move(**outcome);
    }
    // The same beside the journal, or when it is dead: what other programs do with its files.
    template <class T>
    T run_apart(std::function<env::Task<T>()> make) {
        sim::Executor& apart = world.make_process().make_executor();
        sim::Executor* home = std::exchange(home_, &apart);
        T value = run<T>(std::move(make));
        home_ = home;
        return value;
    }
    env::Executor& home() { return *home_; }
    void post(env::Callback callback) { home_->post(std::move(callback)); }

    // Appends that are not waited for; `outcomes` grows as they end.
    struct Pending {
        std::vector<log::Append> entries;
        std::optional<Result<>> outcome;
    };
    std::shared_ptr<Pending> start(std::vector<std::pair<uint32_t, std::string>> records) {
        auto pending = std::make_shared<Pending>();
        auto texts = std::make_shared<std::vector<std::string>>();
        for (auto& [shard, data] : records) texts->push_back(std::move(data));
        for (size_t at = 0; at < records.size(); ++at)
            pending->entries.push_back(
                {.shard = {records[at].first}, .key = "key", .data = fors::as_bytes((*texts)[at])});
        home_->post([this, pending, texts] { env::spawn(append_task(*journal, pending, texts)); });
        return pending;
    }
    Result<> append(std::vector<std::pair<uint32_t, std::string>> records) {
        auto pending = start(std::move(records));
        const bool ended = world.run_until([&] { return pending->outcome.has_value(); }, 600s);
        FORS_ASSERT(ended);
        return *pending->outcome;
    }
    Result<> append(uint32_t shard, std::string data) { return append({{shard, std::move(data)}}); }

    Result<log::Batch> read_batch(uint32_t shard, uint64_t from, log::ReadLimits limits) {
        return run<Result<log::Batch>>(
            [=, this] { return journal->read({shard}, {from}, limits); });
    }
    // Everything from `from` on, in portions.
    Result<std::vector<Read>> read(uint32_t shard, uint64_t from = 0, uint32_t portion = 1000) {
        std::vector<Read> all;
        while (true) {
            auto batch = read_batch(shard, from, {.records_max = portion, .bytes_max = 1 << 20});
            if (!batch) return std::unexpected(batch.error());
            if (batch->records.empty()) return all;
            for (const log::Record& record : batch->records)
                all.push_back({record.sequence.value, std::string(record.key),
                               std::string(as_text(record.data))});
            from = batch->next.value;
        }
    }
    Result<uint64_t> find(uint32_t shard, int64_t arrival_ms) {
        auto found =
            run<Result<log::Sequence>>([=, this] { return journal->find({shard}, arrival_ms); });
        if (!found) return std::unexpected(found.error());
        return found->value;
    }
    void trim(uint32_t shard, uint64_t before) { journal->trim({shard}, {before}); }

    // Lets background work end.
    void settle(env::Nanoseconds time = 5s) { world.run_for(time); }

    std::string file(const std::string& path) {
        return run<std::string>([=, this] { return content_of(disk, path); });
    }
    // The same when the journal is dead.
    std::string content(const std::string& path) {
        return run_apart<std::string>([=, this] { return content_of(disk, path); });
    }
    std::vector<std::string> files(const std::string& directory) {
        std::vector<std::string> found;
        for (const std::string& path : disk.files())
            if (path.starts_with(directory + "/")) found.push_back(path);
        return found;
    }

    // As if the disk had put the segment's own header elsewhere when the file was used again.
    void put_older_header(const std::string& path) {
        auto put = run_apart<Result<>>([=, this] { return put_older_header(disk, path); });
        FORS_ASSERT(put);
    }

    // As if the disk had put the segment's first batch, a small one, over its header.
    void put_batch_over_header(const std::string& path) {
        auto put = run_apart<Result<>>([=, this] { return put_batch_over_header(disk, path); });
        FORS_ASSERT(put);
    }

    sim::World world;
    sim::Disk disk;
    env::Disk* in_use = &disk;  // where the journal is opened
    std::unique_ptr<Journal> journal;
    std::vector<std::string> reports;

private:
    template <class T>
    static env::Task<void> keep(env::Task<T> task, std::shared_ptr<std::optional<T>> outcome) {
        auto value = co_await std::move(task);
        outcome->emplace(std::move(value));
    }
    static env::Task<void> append_task(Journal& to, std::shared_ptr<Pending> pending,
                                       std::shared_ptr<std::vector<std::string>>) {
        auto outcome = co_await to.append(pending->entries);
        pending->outcome.emplace(std::move(outcome));
    }
    static env::Task<std::string> content_of(sim::Disk& disk, std::string path) {
        auto file = co_await disk.open(path, env::OpenMode::read);
        if (!file) co_return "";
        auto size = co_await (*file)->size();
        std::string content(*size, '\0');
        (void)co_await (*file)->read(0, std::as_writable_bytes(std::span(content)));
        co_return content;
    }
    static env::Task<Result<>> put_older_header(sim::Disk& disk, std::string path) {
        auto file = co_await disk.open(std::move(path), env::OpenMode::write);
        if (!file) co_return std::unexpected(file.error());
        std::vector<std::byte> block(block_bytes);
        auto got = co_await (*file)->read(0, block);
        if (!got) co_return std::unexpected(got.error());
        SegmentHeader header = *header_of(block);
        --header.generation;
        --header.first_batch;
        const auto older = header_block(header);
        co_return co_await (*file)->write_synced(0, older);
    }

    static env::Task<Result<>> put_batch_over_header(sim::Disk& disk, std::string path) {
        auto file = co_await disk.open(std::move(path), env::OpenMode::write);
        if (!file) co_return std::unexpected(file.error());
        std::vector<std::byte> block(block_bytes);
        auto got = co_await (*file)->read(block_bytes, block);
        if (!got) co_return std::unexpected(got.error());
        auto done = co_await (*file)->write_synced(0, block);
        std::ranges::fill(block, std::byte{0});
        if (done) done = co_await (*file)->write_synced(block_bytes, block);
        co_return done;
    }

    sim::Process* process_ = nullptr;
    sim::Executor* home_ = nullptr;
};

}  // namespace fors::journal
