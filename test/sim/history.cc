// SPDX-License-Identifier: Apache-2.0
// Sequence numbers are compared as decimal numbers of equal length, that is, as text.
#include "history.h"

namespace fors::test {

void History::acknowledged(const std::string& shard, const std::string& sequence,
                           const std::string& data) {
    const auto [at, fresh] = acknowledged_.emplace(Place(shard, sequence), data);
    if (!fresh) faults_.push_back("two records acknowledged at " + shard + " " + sequence);
}

void History::seen(const std::string& shard, const std::string& sequence, const std::string& data) {
    const auto [at, fresh] = seen_.emplace(Place(shard, sequence), data);
    if (!fresh && at->second != data)
        faults_.push_back("two records seen at " + shard + " " + sequence);
}

void History::pass(const std::string& shard, const std::vector<std::string>& sequences) {
    for (size_t at = 1; at < sequences.size(); ++at)
        if (sequences[at] <= sequences[at - 1])
            faults_.push_back("out of order in " + shard + ": " + sequences[at] + " after " +
                              sequences[at - 1]);
}

void History::final_read(const std::string& shard,
                         const std::vector<std::pair<std::string, std::string>>& records) {
    final_[shard] = records;
    std::vector<std::string> sequences;
    for (const auto& [sequence, data] : records) sequences.push_back(sequence);
    pass(shard, sequences);
}

std::vector<std::string> History::check() const {
    auto faults = faults_;
    std::map<Place, std::string> stored;
    std::set<std::string> once;
    for (const auto& [shard, records] : final_) {
        for (const auto& [sequence, data] : records) {
            stored[{shard, sequence}] = data;
            if (!attempted_.contains(data)) faults.push_back("never written: " + data);
            if (!once.insert(data).second) faults.push_back("stored twice: " + data);
        }
    }
    const auto hold = [&](const std::map<Place, std::string>& promised, const std::string& what) {
        for (const auto& [place, data] : promised) {
            const auto at = stored.find(place);
            if (at == stored.end())
                faults.push_back(what + " and lost: " + data + " at " + place.second);
            else if (at->second != data)
                faults.push_back(what + " and changed: " + data + " is now " + at->second);
        }
    };
    hold(acknowledged_, "acknowledged");
    hold(seen_, "seen");
    return faults;
}

}  // namespace fors::test
