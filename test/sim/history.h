// SPDX-License-Identifier: Apache-2.0
// History: what simulated clients were told, held against the promise: acknowledged = durable,
// readable, in order, exactly at its sequence number. Knows nothing of the server's code.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

namespace fors::test {

class History {
public:
    // A record that a client is about to put; its data is unique.
    void attempted(const std::string& data) { attempted_.insert(data); }
    // The server said it is stored there.
    void acknowledged(const std::string& shard, const std::string& sequence,
                      const std::string& data);
    // A reader was given it, in whatever run of the server.
    void seen(const std::string& shard, const std::string& sequence, const std::string& data);
    // One reader's pass over a shard, from one iterator on: numbers must rise.
    void pass(const std::string& shard, const std::vector<std::string>& sequences);
    // The whole shard, read after everything; in the order given.
    void final_read(const std::string& shard,
                    const std::vector<std::pair<std::string, std::string>>& records);

    // Faults found, in words; empty: the promise was kept.
    std::vector<std::string> check() const;
    size_t acknowledged_count() const { return acknowledged_.size(); }

private:
    using Place = std::pair<std::string, std::string>;  // shard, sequence number
    std::set<std::string> attempted_;
    std::map<Place, std::string> acknowledged_;
    std::map<Place, std::string> seen_;
    std::map<std::string, std::vector<std::pair<std::string, std::string>>> final_;
    std::vector<std::string> faults_;
};

}  // namespace fors::test
