// SPDX-License-Identifier: Apache-2.0
// History: what simulated clients were told, held against the promise: acknowledged = durable,
// readable, in order, exactly at its sequence number. Knows nothing of the server's code.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "env/executor.h"

namespace fors::test {

class History {
public:
    // Retention is told in half days (and a bit), which pass at once: records of the last two are
    // there, those that were put four of them ago (two, while retention has not been raised) are
    // not, and between them nothing is said.
    void half_a_day_passes() { ++today_; }
    void retention_raised() { days_kept_ = 4; }

    // A record that a client is about to put; its data is unique.
    void attempted(const std::string& data) {
        attempted_.emplace(data, Attempt{today_, attempted_.size()});
    }
    // How many were so far.
    size_t attempts() const { return attempted_.size(); }
    // The server said it is stored there. `key`: what its writer puts one after another, so that
    // its sequence numbers rise, over whatever shards.
    void acknowledged(const std::string& shard, const std::string& sequence,
                      const std::string& data, const std::string& key, env::Nanoseconds now);
    // The server said that it is not stored.
    void refused(const std::string& data) { refused_.insert(data); }
    // A reader was given it, in whatever run of the server; it asked at that time (today()).
    void seen(const std::string& shard, const std::string& sequence, const std::string& data,
              int today);
    int today() const { return today_; }
    // What a reader was given between two positions of a shard, both sequence numbers: after
    // `from`, up to `to` (`the_end`: the shard was said to end). It is all that there is.
    static constexpr const char* the_end = "~";
    void covered(const std::string& shard, const std::string& from, const std::string& to,
                 const std::vector<std::string>& sequences);
    // The same of a reader that began at LATEST, when there had been so many attempts: what was put
    // since then is there up to `to`.
    void covered_since(const std::string& shard, size_t attempts, const std::string& to,
                       const std::vector<std::string>& sequences);
    // A reader was told that the shard ends, and of these children.
    void ended(const std::string& shard, const std::vector<std::string>& children);
    // A list of the open shards at one instant.
    void tiled(bool tiles) {
        if (!tiles) faults_.push_back("the open shards do not tile the hash space");
    }
    // The whole shard, read after everything; in the order given.
    void final_read(const std::string& shard,
                    const std::vector<std::pair<std::string, std::string>>& records);
    // A shard and its parents, listed after everything.
    void final_parents(const std::string& shard, const std::vector<std::string>& parents);

    // What an actor saw by itself that must not be.
    void fault(std::string text) { faults_.push_back(std::move(text)); }
    // The same, but for where the disk lost something and that was reported: it may have been the
    // command that disabled a key or made a consumer.
    void fault_unless_lost(std::string text) { unless_lost_.push_back(std::move(text)); }

    // What a disk that lies makes of the promise; what is there must be right all the same.
    struct Excuses {
        bool losses = false;  // damage was reported: what is not there any more is no fault
        // A write went elsewhere: what was refused, since it failed, may come back later.
        bool late_records = false;
        // So many batches may be gone without a report of damage, and what only a command in them
        // explains: the newest ones, when the disk put them elsewhere or changed a bit of them,
        // look as if they had never been, or as if a crash had cut them short.
        size_t unreported = 0;
    };
    // Faults found, in words; empty: the promise was kept.
    std::vector<std::string> check(Excuses excuses) const;
    // Of the shard's records that were acknowledged so far, the last one's sequence number, when
    // it can't have expired; "".
    std::string last_acknowledged(const std::string& shard) const;
    // Faults that nothing excuses.
    const std::vector<std::string>& faults() const { return faults_; }
    size_t acknowledged_count() const { return acknowledged_.size(); }

private:
    using Place = std::pair<std::string, std::string>;  // shard, sequence number
    size_t batches_lost(const std::map<Place, std::string>& stored) const;
    // Whether it can't have expired.
    bool is_fresh(const std::string& data) const;

    int today_ = 0, days_kept_ = 2;  // half days
    struct Attempt {
        int day;
        size_t number;
    };
    std::map<std::string, Attempt> attempted_;
    struct Told {
        int day;
        env::Nanoseconds at;
    };
    std::map<Place, Told> told_;  // when a record was acknowledged
    std::set<std::string> refused_;
    std::map<Place, std::string> acknowledged_;
    std::map<Place, std::string> seen_;
    void check_order(const std::string& shard, const std::vector<std::string>& sequences);

    struct Range {
        std::string shard, from, to;
        std::vector<std::string> sequences;
    };
    std::map<std::string, std::string> last_of_key_;
    std::vector<Range> ranges_;
    struct Newest {
        std::string shard;
        size_t attempts;
        std::string to;
        std::set<std::string> sequences;
    };
    std::vector<Newest> newest_;
    std::map<std::string, std::set<std::string>> ended_;
    std::map<std::string, std::set<std::string>> children_;
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> final_;
    std::vector<std::string> faults_;
    std::vector<std::string> unless_lost_;  // faults, unless losses are excused
};

}  // namespace fors::test
