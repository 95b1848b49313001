// SPDX-License-Identifier: Apache-2.0
// A disk that forgets: what was not synced may be lost, kept or torn when the machine crashes, as
// the seed decides.
//
// Faults: each 512-byte sector written since the last sync is kept or lost by itself; files,
// directories, renames and removals since the last sync of the directory they are in are kept up to
// a point drawn from the seed; a sync may fail, of a directory, too, after which what it should
// have saved is in the same doubt; writes, reads and changes of names may fail; a write may land
// elsewhere in its file and say that all is well; bits may flip at rest; the disk may be full, or
// slow. What is written while a sync is under way waits for the next one.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "env/disk.h"
#include "sim/world.h"

namespace fors::sim {

struct DiskOptions {
    env::Nanoseconds write_latency{20'000};  // at most; drawn evenly
    env::Nanoseconds sync_latency{200'000};
    double sync_failure = 0;
    double write_failure = 0;  // nothing of it is written; of changes of names, too
    double read_failure = 0;
    double misdirection = 0;  // of a write, to another place in the same file
};

struct DiskCounts {
    uint64_t writes = 0;
    uint64_t syncs = 0;
    uint64_t syncs_failed = 0;
    uint64_t writes_failed = 0;
    uint64_t reads_failed = 0;
    uint64_t misdirected = 0;
    uint64_t bits_flipped = 0;
    uint64_t refused_full = 0;
    uint64_t crashes = 0;
    uint64_t crashes_torn = 0;  // with a write partly kept
    uint64_t names_lost = 0;    // creations, renames, removals that a crash undid
    uint64_t sectors_lost = 0;

    void add(const DiskCounts& more) {
        writes += more.writes;
        syncs += more.syncs;
        syncs_failed += more.syncs_failed;
        writes_failed += more.writes_failed;
        reads_failed += more.reads_failed;
        misdirected += more.misdirected;
        bits_flipped += more.bits_flipped;
        refused_full += more.refused_full;
        crashes += more.crashes;
        crashes_torn += more.crashes_torn;
        names_lost += more.names_lost;
        sectors_lost += more.sectors_lost;
    }
};

class Disk final : public env::Disk {
public:
    Disk(World& world, DiskOptions options);
    ~Disk() override;

    template <class T = void>
    using Answer = env::Task<Result<T>>;
    Answer<std::unique_ptr<env::File>> open(std::string path, env::OpenMode mode) override;
    Answer<> remove(std::string path) override;
    Answer<> rename(std::string from, std::string to) override;
    Answer<> make_directory(std::string path) override;
    Answer<std::vector<std::string>> list(std::string directory) override;
    Answer<> sync_directory(std::string directory) override;
    Result<std::unique_ptr<env::DirectoryLock>> lock() override;

    // The machine loses its power: doubts are decided, open files are no longer valid.
    void crash();
    // All writes fail from here on while true: a full disk.
    void set_full(bool full) { full_ = full; }
    // Everything takes so many times as long.
    void set_slowness(int64_t factor) { slowness_ = factor; }
    // From here on: what fails, and how often.
    void set_failures(const DiskOptions& options) { options_ = options; }
    // The next write into a file that has some blocks lands elsewhere in it.
    void misdirect_once() { misdirect_once_ = true; }
    // Flips one bit of a file's content, at rest.
    void flip_bit(const std::string& path, uint64_t bit);
    std::vector<std::string> files() const;
    struct Write {
        std::string path;
        uint64_t offset, bytes;
    };
    // The last ones, where they landed.
    const std::deque<Write>& last_writes() const { return last_writes_; }
    const DiskCounts& counts() const { return counts_; }

private:
    class File;
    struct Content;
    using Names = std::map<std::string, std::shared_ptr<Content>>;

    Result<> change_names(const std::string& directory, std::function<void(Names&)> change);
    Result<> fail_at_times(double probability, uint64_t& count);
    env::Nanoseconds draw(env::Nanoseconds most);

    World& world_;
    DiskOptions options_;
    Names names_;          // as programs see them; of directories with a slash at the end
    Names durable_names_;  // as a crash leaves them, but for what is in doubt
    struct Doubt {
        uint64_t number;
        std::string directory;
        std::function<void(Names&)> change;
    };
    std::vector<Doubt> doubts_;  // in order
    uint64_t doubts_ever_ = 0;
    std::deque<Write> last_writes_;
    DiskCounts counts_;
    bool full_ = false;
    bool misdirect_once_ = false;
    int64_t slowness_ = 1;
};

}  // namespace fors::sim
