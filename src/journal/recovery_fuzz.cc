// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a genuine data directory with any bytes patched, files cut or replaced, then opened.
// Recovery must come to an end, with an error or with a journal that reads, appends and keeps what
// it appended.
#include <cstdint>
#include <cstring>
#include <map>
#include <string>

#include "base/assert.h"
#include "journal/journal.h"
#include "sim/memory_disk.h"
#include "sim/world.h"

namespace fors::journal {
namespace {

using namespace std::chrono_literals;
using Image = std::map<std::string, std::vector<std::byte>>;

// The memory disk completes every task at once.
template <class T>
T now(env::Task<T> task) {
    std::optional<T> value;
    const auto keep = [](env::Task<T> from, std::optional<T>& to) -> env::Task<void> {
        to.emplace(co_await std::move(from));
    };
    env::spawn(keep(std::move(task), value));
    FORS_ASSERT(value);
    return std::move(*value);
}

class Store {
public:
    explicit Store(const Image& image) {
        for (const char* directory : {"journal", "chunks"})
            FORS_ASSERT(now(disk_->make_directory(directory)));
        for (const auto& [path, bytes] : image) {
            auto file = now(disk_->open(path, env::OpenMode::create));
            FORS_ASSERT(file && now((*file)->write(0, bytes)));
        }
    }
    ~Store() { close(); }

    bool open() {
        Options options{.cache_bytes = 64 << 10};
        options.segments = {.first_bytes = 16 << 10, .bytes_max = 16 << 10};
        auto opened = run<Result<std::unique_ptr<Journal>>>([&] {
            return Journal::open({world_.clock(),
                                  *disk_,
                                  home_,
                                  {&log_, &log_},
                                  background_,
                                  reads_,
                                  world_.random()},
                                 std::move(options));
        });
        if (opened) journal_ = std::move(*opened);
        return opened.has_value();
    }
    void close() {
        world_.run_for(10s);
        journal_.reset();
    }

    // The sequence it was given.
    Result<uint64_t> append(uint32_t shard, std::string_view data) {
        log::Append entry{.shard = {shard}, .key = "key", .data = as_bytes(data)};
        auto done =
            run<Result<>>([&] { return journal_->append(std::span<log::Append>(&entry, 1)); });
        if (!done) return std::unexpected(done.error());
        return entry.sequence.value;
    }
    Result<log::Batch> read(uint32_t shard, uint64_t from) {
        return run<Result<log::Batch>>([=, this] {
            return journal_->read({shard}, {from}, {.records_max = 100, .bytes_max = 1 << 20});
        });
    }
    // All that can be read, up to the end or the first damage.
    void read_through(uint32_t shard) {
        uint64_t from = journal_->bounds({shard}).first.value;
        for (auto batch = read(shard, from); batch && !batch->records.empty();
             batch = read(shard, from)) {
            FORS_ASSERT(batch->next.value > from);
            from = batch->next.value;
        }
    }
    Journal& journal() { return *journal_; }
    void settle() { world_.run_for(10s); }

    Image image() {
        Image all;
        for (const std::string directory : {"journal", "chunks"})
            for (const std::string& name : *now(disk_->list(directory))) {
                auto file = now(disk_->open(directory + "/" + name, env::OpenMode::read));
                std::vector<std::byte> bytes(*now((*file)->size()));
                FORS_ASSERT(now((*file)->read(0, bytes)));
                all[directory + "/" + name] = std::move(bytes);
            }
        return all;
    }

private:
    template <class T>
    T run(std::function<env::Task<T>()> make) {
        std::optional<T> outcome;
        const auto keep = [](env::Task<T> from, std::optional<T>& to) -> env::Task<void> {
            to.emplace(co_await std::move(from));
        };
        home_.post([&] { env::spawn(keep(make(), outcome)); });
        FORS_ASSERT(world_.run_until([&] { return outcome.has_value(); }, 600s));
        return std::move(*outcome);
    }

    sim::World world_{1};
    std::unique_ptr<env::Disk> disk_ = sim::make_memory_disk();
    sim::Process& process_ = world_.make_process();
    sim::Executor& home_ = process_.make_executor();
    sim::Executor& log_ = process_.make_executor();
    sim::Executor& background_ = process_.make_executor();
    sim::Executor& reads_ = process_.make_executor();
    std::unique_ptr<Journal> journal_;
};

// Chunks, trimmed blocks, segments in use and used again.
Image genuine_image() {
    Store store({});
    FORS_ASSERT(store.open());
    for (int at = 0; at < 60; ++at)
        for (uint32_t shard : {0U, 1U, 2U})
            FORS_ASSERT(store.append(shard, std::string(400, static_cast<char>('a' + at % 26))));
    store.settle();
    store.journal().trim({1}, {20});
    store.settle();
    for (int at = 0; at < 5; ++at) FORS_ASSERT(store.append(2, "more"));
    store.settle();
    return store.image();
}

constexpr uint8_t whole_file = 127;
constexpr uint8_t cut_short = 126;

// (file, offset in two bytes, count, bytes) again and again; or a file's end, or all of a file.
void patch(Image& image, std::span<const uint8_t> input) {
    while (input.size() >= 4) {
        auto at = image.begin();
        std::advance(at, input[0] % image.size());
        std::vector<std::byte>& bytes = at->second;
        const size_t offset = input[1] | size_t{input[2]} << 8;
        const uint8_t kind = input[3];
        input = input.subspan(4);
        if (kind == cut_short) {
            bytes.resize(std::min(bytes.size(), offset));
            continue;
        }
        if (kind == whole_file) {
            const auto rest = std::as_bytes(input);
            bytes.assign(rest.begin(), rest.end());
            return;
        }
        const size_t count = std::min<size_t>(kind % 64 + 1, input.size());
        // Counted from the end as well: chunks have their footers there.
        const size_t place =
            kind >= 128 && offset < bytes.size() ? bytes.size() - 1 - offset : offset;
        for (size_t each = 0; each < count && place + each < bytes.size(); ++each)
            bytes[place + each] = std::byte{input[each]};
        input = input.subspan(count);
    }
}

}  // namespace
}  // namespace fors::journal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::journal;
    static const Image genuine = genuine_image();
    Image image = genuine;
    patch(image, {data, size});
    Store store(image);
    if (!store.open()) return 0;
    for (uint32_t shard : {0U, 1U, 2U}) store.read_through(shard);
    const auto sequence = store.append(1, "appended");
    if (!sequence) return 0;
    store.close();
    FORS_ASSERT(store.open());
    const auto found = store.read(1, *sequence);
    FORS_ASSERT(found && !found->records.empty());
    FORS_ASSERT(found->records[0].sequence.value == *sequence);
    FORS_ASSERT(fors::as_text(found->records[0].data) == "appended");
    return 0;
}
