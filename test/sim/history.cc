// SPDX-License-Identifier: Apache-2.0
// Sequence numbers are compared as decimal numbers of equal length, that is, as text.
#include "history.h"

#include <algorithm>

namespace fors::test {

namespace {

// Enough of a record's data to know it by.
std::string brief(const std::string& data) { return data.substr(0, 16); }

}  // namespace

void History::acknowledged(const std::string& shard, const std::string& sequence,
                           const std::string& data, const std::string& key, env::Nanoseconds now) {
    std::string& last = last_of_key_[key];
    if (sequence <= last)
        unless_lost_.push_back("out of order in key " + key + ": " + sequence + " after " + last);
    last = sequence;
    const auto [at, fresh] = acknowledged_.emplace(Place(shard, sequence), data);
    if (!fresh) unless_lost_.push_back("two records acknowledged at " + shard + " " + sequence);
    told_.emplace(Place(shard, sequence), Told{today_, now});
}

void History::seen(const std::string& shard, const std::string& sequence, const std::string& data,
                   int today) {
    const auto [at, fresh] = seen_.emplace(Place(shard, sequence), data);
    if (!fresh && at->second != data)
        unless_lost_.push_back("two records seen at " + shard + " " + sequence);
    if (!attempted_.contains(data)) faults_.push_back("never written and seen: " + brief(data));
    const auto known = told_.find({shard, sequence});
    if (known != told_.end() && known->second.day <= today - days_kept_)
        faults_.push_back("expired and seen: " + brief(data));
}

std::string History::last_acknowledged(const std::string& shard) const {
    auto at = acknowledged_.lower_bound({shard, the_end});
    if (at == acknowledged_.begin() || (--at)->first.first != shard) return "";
    return is_fresh(at->second) ? at->first.second : "";
}

bool History::is_fresh(const std::string& data) const {
    const auto at = attempted_.find(data);
    return at != attempted_.end() && at->second.day >= today_ - 1;
}

void History::covered(const std::string& shard, const std::string& from, const std::string& to,
                      const std::vector<std::string>& sequences) {
    check_order(shard, sequences);
    ranges_.push_back({shard, from, to, sequences});
}

void History::covered_since(const std::string& shard, size_t attempts, const std::string& to,
                            const std::vector<std::string>& sequences) {
    check_order(shard, sequences);
    newest_.push_back({shard, attempts, to, {sequences.begin(), sequences.end()}});
}

void History::ended(const std::string& shard, const std::vector<std::string>& children) {
    const std::set<std::string> named(children.begin(), children.end());
    const auto [at, fresh] = ended_.emplace(shard, named);
    if (at->second != named) unless_lost_.push_back("two sets of children of " + shard);
}

void History::final_parents(const std::string& shard, const std::vector<std::string>& parents) {
    for (const std::string& parent : parents) children_[parent].insert(shard);
}

void History::check_order(const std::string& shard, const std::vector<std::string>& sequences) {
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
    check_order(shard, sequences);
}

// What was acknowledged and is gone, by the moments at which it was acknowledged: those of a batch
// are told so within the network's latency.
size_t History::batches_lost(const std::map<Place, std::string>& stored) const {
    constexpr std::chrono::microseconds at_once{500};
    std::vector<env::Nanoseconds> moments;
    for (const auto& [place, data] : acknowledged_) {
        const auto at = stored.find(place);
        const bool kept = at == stored.end() ? !is_fresh(data) : at->second == data;
        if (!kept) moments.push_back(told_.at(place).at);
    }
    std::ranges::sort(moments);
    size_t batches = 0;
    env::Nanoseconds began{};
    for (const env::Nanoseconds moment : moments) {
        if (batches > 0 && moment - began <= at_once) continue;
        began = moment;
        ++batches;
    }
    return batches;
}

std::vector<std::string> History::check(Excuses excuses) const {
    auto faults = faults_;
    std::map<Place, std::string> stored;
    std::set<std::string> once;
    for (const auto& [shard, records] : final_) {
        for (const auto& [sequence, data] : records) {
            stored[{shard, sequence}] = data;
            if (!attempted_.contains(data)) faults.push_back("never written: " + brief(data));
            if (refused_.contains(data) && !excuses.late_records)
                faults.push_back("refused and stored: " + brief(data));
            if (!once.insert(data).second) faults.push_back("stored twice: " + brief(data));
        }
    }
    const size_t lost = batches_lost(stored);
    if (excuses.unreported > 0 && lost <= excuses.unreported) excuses.losses = true;
    if (!excuses.losses) faults.insert(faults.end(), unless_lost_.begin(), unless_lost_.end());
    const auto hold = [&](const std::map<Place, std::string>& promised, const std::string& what) {
        for (const auto& [place, data] : promised) {
            const auto at = stored.find(place);
            if (at == stored.end() && !is_fresh(data)) continue;
            // Its place is free again when it is lost.
            if (excuses.losses && (at == stored.end() || attempted_.contains(at->second))) continue;
            if (at == stored.end())
                faults.push_back(what + " and lost: " + brief(data) + " at " + place.first + " " +
                                 place.second);
            else if (at->second != data)
                faults.push_back(what + " and changed: " + brief(data) + " is now " +
                                 brief(at->second));
        }
    };
    for (const Range& range : ranges_) {
        std::vector<std::string> there, given;
        if (const auto at = final_.find(range.shard); at != final_.end())
            for (const auto& [sequence, data] : at->second)
                if (sequence > range.from && sequence <= range.to && is_fresh(data))
                    there.push_back(sequence);
        for (const std::string& sequence : range.sequences)
            if (is_fresh(seen_.at({range.shard, sequence}))) given.push_back(sequence);
        if (!excuses.losses && !excuses.late_records && there != given)
            faults.push_back(range.shard + ": a reader was given " + std::to_string(given.size()) +
                             " of " + std::to_string(there.size()) + " records after " +
                             range.from + " up to " + range.to);
    }
    for (const Newest& newest : newest_) {
        const auto at = final_.find(newest.shard);
        if (at == final_.end() || excuses.losses || excuses.late_records) continue;
        for (const auto& [sequence, data] : at->second) {
            const auto attempt = attempted_.find(data);
            const bool later =
                attempt != attempted_.end() && attempt->second.number >= newest.attempts;
            if (later && sequence <= newest.to && !newest.sequences.contains(sequence))
                faults.push_back("put after LATEST and not given: " + newest.shard + " " +
                                 sequence);
        }
    }
    for (const auto& [shard, children] : ended_) {
        if (excuses.losses) break;  // of the command that made them, too
        const auto at = children_.find(shard);
        const auto listed = at == children_.end() ? std::set<std::string>() : at->second;
        // After some days not all of them are listed any more.
        if (today_ == 0 ? listed != children : !std::ranges::includes(children, listed))
            faults.push_back("a reader was told of other children of " + shard);
    }
    hold(acknowledged_, "acknowledged");
    hold(seen_, "seen");
    return faults;
}

}  // namespace fors::test
