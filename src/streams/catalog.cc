// SPDX-License-Identifier: Apache-2.0
// The catalog's fold: deterministic, so that every replay of the control log ends in the same
// state.
#include "streams/catalog.h"

#include <algorithm>
#include <span>

#include "base/assert.h"
#include "base/planted.h"
#include "streams/catalog_format.h"
#include "streams/resharding.h"
#include "streams/texts.h"
#include "wire/wire.h"

namespace fors::streams {

struct Catalog::Change : stored::Command {};

namespace {

__extension__ using Wide = unsigned __int128;

constexpr int64_t hour_ms = 3'600'000;

Stream make_stream(const stored::Create& create, uint64_t generation, uint32_t first_log_shard) {
    Stream stream{.account = std::string(create.account),
                  .region = std::string(create.region),
                  .name = std::string(create.name),
                  .generation = generation,
                  .created_ms = create.created_ms,
                  .on_demand = create.on_demand,
                  .auto_distribution = create.auto_distribution,
                  .max_record_kib = create.max_record_kib,
                  .warm_mibps = create.warm_mibps.value_or(0)};
    for (const auto& [key, value] : create.tags) stream.tags.emplace(key, value);
    const auto count = static_cast<uint32_t>(create.shard_count);
    for (uint32_t index = 0; index < count; ++index) {
        const HashKey last =
            index + 1 < count ? predecessor(start_of_part(index + 1, count)) : hash_key_max;
        stream.shards.add({.index = index,
                           .log_id = {first_log_shard + index},
                           .first_hash = start_of_part(index, count),
                           .last_hash = last,
                           .created_s = create.created_ms / 1000,
                           .opened_ms = create.created_ms});
    }
    return stream;
}

// Into a list of the last day's.
void note_call(std::vector<int64_t>& calls, int64_t now_ms) {
    std::erase_if(calls, [&](int64_t ms) { return ms <= now_ms - day_ms; });
    calls.push_back(now_ms);
}

}  // namespace

// Where shards are equally wide, as they are made, the hash itself tells which it is: with
// thousands of shards each step of a search misses the caches.
uint32_t Stream::place_of(HashKey hash) const {
    const auto guess = static_cast<uint32_t>(Wide{hash.high} * open.size() >> 64);
    const Shard& likely = shards[open[guess]];
    if (likely.first_hash <= hash && hash <= likely.last_hash) return guess;
    const auto after = std::ranges::upper_bound(open, hash, {},
                                                [&](uint32_t at) { return shards[at].first_hash; });
    FORS_ASSERT(after != open.begin());
    return static_cast<uint32_t>(after - open.begin() - 1);
}

int64_t Commitment::earliest_end_ms() const { return started_ms + day_ms; }

int32_t demand_today(const Stream& stream, int64_t now_ms) {
    const bool noted = !stream.demands.empty() && stream.demands.back().day == now_ms / day_ms;
    return noted ? stream.demands.back().shards : 0;
}

bool Stream::shard_expired(const Shard& shard, int64_t now_ms) const {
    return shard.closed_ms && *shard.closed_ms <= now_ms - retention_hours * hour_ms;
}

std::string Stream::arn() const {
    return concat("arn:aws:kinesis:", region, ":", account, ":stream/", name);
}

Result<> Catalog::apply(std::string_view encoded) {
    Arena arena;
    Change change;
    auto decoded = wire::decode(wire::Format::cbor, encoded, arena, wire::table_of<stored::Command>,
                                static_cast<stored::Command*>(&change), {.stored = true});
    if (!decoded) return fail(Code::corrupt, "a control command can't be read");
    if (change.create) return create(change);
    if (change.identity) {
        seal_key_ = core::seal_key_of(*change.identity);
        return {};
    }
    if (change.commit) {
        commit(change);
        return {};
    }
    Stream* stream = mutable_stream(static_cast<uint64_t>(change.stream.value_or(0)));
    if (!stream) return fail(Code::not_found, "the stream is gone");
    if (change.delete_ms && !stream->deleting_ms) stream->deleting_ms = change.delete_ms;
    if (change.retention_hours) stream->retention_hours = *change.retention_hours;
    if (change.tag || change.untag) return retag(*stream, change);
    if (change.policy) return set_policy(*stream, change);
    if (change.split || change.merge || change.resize) return reshard(*stream, change);
    if (change.max_record_kib || change.on_demand || change.auto_distribution ||
        change.warm_mibps || change.encrypt)
        return reset(*stream, change);
    if (change.data_key) add_data_key(*stream, change);
    if (change.monitored) stream->monitored = static_cast<uint32_t>(*change.monitored);
    if (change.monitor) stream->monitored |= static_cast<uint32_t>(*change.monitor);
    if (change.unmonitor) stream->monitored &= ~static_cast<uint32_t>(*change.unmonitor);
    if (change.demand) note_demand(*stream, *change.demand, change.at_ms.value_or(0));
    if (change.settled) stream->updating = stream->changing = false;
    if (change.forget) forget(*stream, change);
    if (change.register_consumer) return register_consumer(*stream, change);
    if (change.deregister_consumer)
        if (auto at = stream->consumers.find(*change.deregister_consumer);
            at != stream->consumers.end())
            at->second.deleting_ms = change.at_ms;
    if (change.remove_consumer)
        if (auto at = stream->consumers.find(*change.remove_consumer);
            at != stream->consumers.end() && at->second.deleting_ms)  // and not its successor
            stream->consumers.erase(at);
    if (change.remove) remove(stream->generation);
    return {};
}

// A log shard's number is never given again, and those behind `shards_reserved` hold what other
// services know.
Result<> Catalog::log_shards_left(uint64_t wanted) const {
    if (next_log_shard_ + wanted <= log::shards_reserved.value) return {};
    return fail(Code::limit_exceeded, text_log_shards_used_up(wanted));
}

Result<> Catalog::create(const Change& change) {
    const stored::Create& create = *change.create;
    if (find(create.account, create.region, create.name))
        return fail(Code::in_use, text_stream_exists(create.name, create.account));
    if (auto left = log_shards_left(static_cast<uint64_t>(create.shard_count)); !left) return left;
    insert(make_stream(create, next_generation_++, next_log_shard_));
    next_log_shard_ += static_cast<uint32_t>(create.shard_count);
    return {};
}

Result<> Catalog::retag(Stream& stream, const Change& change) {
    auto* target = &stream.tags;
    if (change.consumer) {
        const auto at = stream.consumers.find(*change.consumer);
        if (at == stream.consumers.end())
            return fail(Code::not_found, text_consumer_not_found(*change.consumer, stream.account));
        target = &at->second.tags;
    }
    auto tags = *target;
    if (change.tag)
        for (const auto& [key, value] : *change.tag) tags[std::string(key)] = value;
    if (change.untag)
        for (std::string_view key : *change.untag)
            if (auto at = tags.find(key); at != tags.end()) tags.erase(at);
    if (tags.size() > tags_max)
        return fail(Code::invalid_argument, text_too_many_tags(stream.name, stream.account));
    *target = std::move(tags);
    return {};
}

Result<> Catalog::set_policy(Stream& stream, const Change& change) {
    auto* target = &stream.policy;
    if (change.consumer) {
        const auto at = stream.consumers.find(*change.consumer);
        if (at == stream.consumers.end())
            return fail(Code::not_found, text_consumer_not_found(*change.consumer, stream.account));
        target = &at->second.policy;
    }
    if (change.policy->empty())
        target->reset();
    else
        target->emplace(*change.policy);
    return {};
}

// Judged here, as resharding is.
Result<> Catalog::reset(Stream& stream, const Change& change) {
    if (stream.changing || stream.deleting_ms)
        return fail(Code::in_use, text_not_active(stream.name, stream.account,
                                                  stream.changing ? "UPDATING" : "DELETING"));
    if (change.max_record_kib) stream.max_record_kib = *change.max_record_kib;
    if (change.auto_distribution) stream.auto_distribution = *change.auto_distribution;
    if (change.warm_mibps) stream.warm_mibps = *change.warm_mibps;
    if (change.on_demand) {
        const int64_t now_ms = change.at_ms.value_or(0);
        stream.on_demand = *change.on_demand;
        if (!stream.on_demand) {
            stream.auto_distribution = false;
            stream.warm_mibps = 0;
        }
        // What was provisioned counts as needed at first.
        stream.demands.clear();
        if (stream.on_demand) note_demand(stream, static_cast<int32_t>(stream.open.size()), now_ms);
        note_call(stream.switched, now_ms);
    }
    if (change.encrypt && !change.encrypt->empty()) {
        stream.encryption_key = *change.encrypt;
        note_call(stream.encryption_starts, change.at_ms.value_or(0));
        add_data_key(stream, change);
    } else if (change.encrypt) {
        stream.encryption_key.reset();
        note_call(stream.encryption_stops, change.at_ms.value_or(0));
    }
    stream.changing = true;
    return {};
}

// A data key goes when nothing is kept any more that it may have sealed: the next one took over
// longer ago than records are kept, and than the sweeper may need.
void Catalog::add_data_key(Stream& stream, const Change& change) {
    if (planted(Bug::data_key_forgotten)) stream.data_keys.clear();
    const int64_t now_ms = change.at_ms.value_or(0);
    auto& keys = stream.data_keys;
    const int64_t kept_ms = stream.retention_hours * hour_ms + day_ms;
    const int64_t horizon_ms = change.careful_ms.value_or(now_ms) - kept_ms;
    while (keys.size() > 1 && keys[1].made_ms < horizon_ms) keys.erase(keys.begin());
    const uint32_t number = keys.empty() ? 1 : keys.back().number + 1;
    keys.push_back({number, std::string(as_text(*change.data_key)), now_ms});
}

// Enabling takes back a disabling that has not come into force; one that has begins a new
// commitment.
void Catalog::commit(const Change& change) {
    const int64_t now_ms = change.at_ms.value_or(0);
    const auto key =
        std::pair(std::string(change.commit->account), std::string(change.commit->region));
    const auto at = commitments_.find(key);
    const bool lasting = at != commitments_.end() && at->second.enabled(now_ms);
    if (change.commit->enabled && lasting) {
        at->second.ends_ms.reset();
    } else if (change.commit->enabled) {
        commitments_[key] = {.started_ms = now_ms};
    } else if (lasting) {
        at->second.ends_ms = std::max(now_ms, at->second.earliest_end_ms());
    }
}

void Catalog::note_demand(Stream& stream, int32_t shards, int64_t now_ms) {
    const int64_t day = now_ms / day_ms;
    std::erase_if(stream.demands,
                  [&](const Demand& each) { return each.day <= day - demand_days; });
    if (stream.demands.empty() || stream.demands.back().day < day) stream.demands.push_back({day});
    stream.demands.back().shards = std::max(stream.demands.back().shards, shards);
}

// Judged here, so that of two that race the second finds the stream UPDATING.
Result<> Catalog::reshard(Stream& stream, const Change& change) {
    if (stream.updating || stream.deleting_ms)
        return fail(Code::in_use, text_not_active(stream.name, stream.account,
                                                  stream.updating ? "UPDATING" : "DELETING"));
    // A resize cuts at most at each beginning, and then joins neighbours.
    const uint64_t wanted =
        change.resize ? 2 * static_cast<uint64_t>(*change.resize) + stream.open.size() : 2;
    if (auto left = log_shards_left(wanted); !left) return left;
    // The clock may have been set back: no shard closes before it opened.
    const int64_t at_ms = change.at_ms.value_or(0);
    int64_t now_ms = at_ms;
    for (const uint32_t open : stream.open)
        now_ms = std::max(now_ms, stream.shards[open].opened_ms);
    const uint32_t before = stream.shards.next_index();
    Resharding resharding(stream, at_ms, now_ms, next_log_shard_);
    Result<> done{};
    if (change.split)
        done = resharding.split(
            static_cast<uint32_t>(change.split->shard),
            {static_cast<uint64_t>(change.split->high), static_cast<uint64_t>(change.split->low)});
    if (change.merge)
        done = resharding.merge(static_cast<uint32_t>(change.merge->shard),
                                static_cast<uint32_t>(change.merge->adjacent));
    if (!done) return done;
    if (change.resize) {
        resharding.resize(static_cast<uint32_t>(*change.resize));
        note_call(stream.resized, at_ms);
    }
    stream.updating = true;
    for (const Shard& shard : stream.shards.from(before))
        by_log_shard_[shard.log_id] = stream.generation;
    return {};
}

void Catalog::forget(Stream& stream, const Change& change) {
    stream.shards.forget_if([&](const Shard& shard) {
        const bool named = std::ranges::binary_search(
            *change.forget, shard.index, {},
            [](const stored::Forgotten& each) { return static_cast<uint32_t>(each.shard); });
        if (!named || !shard.closed_ms) return false;
        stream.forgotten_ms = std::max(stream.forgotten_ms, *shard.closed_ms);
        by_log_shard_.erase(shard.log_id);
        return true;
    });
}

Result<> Catalog::register_consumer(Stream& stream, const Change& change) {
    const stored::Register& from = *change.register_consumer;
    if (stream.consumers.contains(from.name))
        return fail(Code::in_use, text_consumer_exists(from.name, stream.name, stream.account));
    Consumer& consumer = stream.consumers[std::string(from.name)];
    consumer.created_ms = change.at_ms.value_or(0);
    for (const auto& [key, value] : from.tags) consumer.tags.emplace(key, value);
    return {};
}

void Catalog::insert(Stream stream) {
    sort_open_shards(stream);
    Key key{stream.account, stream.region, stream.name};
    Stream& placed = streams_.insert_or_assign(std::move(key), std::move(stream)).first->second;
    by_generation_[placed.generation] = &placed;
    for (const Shard& shard : placed.shards) by_log_shard_[shard.log_id] = placed.generation;
}

void Catalog::remove(uint64_t generation) {
    const auto at = by_generation_.find(generation);
    const Stream& stream = *at->second;
    for (const Shard& shard : stream.shards) by_log_shard_.erase(shard.log_id);
    streams_.erase(streams_.find(KeyView{stream.account, stream.region, stream.name}));
    by_generation_.erase(at);
}

const Stream* Catalog::find(std::string_view account, std::string_view region,
                            std::string_view name) const {
    const auto at = streams_.find(KeyView{account, region, name});
    return at == streams_.end() ? nullptr : &at->second;
}

const Stream* Catalog::find(uint64_t generation) const {
    const auto at = by_generation_.find(generation);
    return at == by_generation_.end() ? nullptr : at->second;
}

Stream* Catalog::mutable_stream(uint64_t generation) {
    const auto at = by_generation_.find(generation);
    return at == by_generation_.end() ? nullptr : at->second;
}

std::vector<const Stream*> Catalog::list(std::string_view account, std::string_view region,
                                         std::string_view after) const {
    std::vector<const Stream*> found;
    for (auto at = streams_.upper_bound(KeyView{account, region, after}); at != streams_.end();
         ++at) {
        if (at->first.account != account || at->first.region != region) break;
        found.push_back(&at->second);
    }
    return found;
}

std::vector<const Stream*> Catalog::all() const {
    std::vector<const Stream*> found;
    found.reserve(streams_.size());
    for (const auto& [key, stream] : streams_) found.push_back(&stream);
    return found;
}

const Commitment* Catalog::commitment(std::string_view account, std::string_view region) const {
    const auto at = commitments_.find({std::string(account), std::string(region)});
    return at == commitments_.end() ? nullptr : &at->second;
}

bool Catalog::knows(log::ShardId shard) const { return by_log_shard_.contains(shard); }

}  // namespace fors::streams
