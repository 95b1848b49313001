// SPDX-License-Identifier: Apache-2.0
// The catalog as one value, and back.
#include <algorithm>
#include <functional>

#include "base/planted.h"
#include "streams/catalog.h"
#include "streams/catalog_format.h"
#include "wire/wire.h"

namespace fors::streams {

namespace {

template <class Stored>
std::vector<Stored> or_none(const std::optional<std::vector<Stored>>& from) {
    return from.value_or(std::vector<Stored>());
}

std::vector<stored::Called> stored_calls(const std::vector<int64_t>& calls) {
    std::vector<stored::Called> to;
    to.reserve(calls.size());
    for (const int64_t at_ms : calls) to.push_back({at_ms});
    return to;
}

std::vector<int64_t> restored_calls(const std::optional<std::vector<stored::Called>>& from) {
    std::vector<int64_t> calls;
    for (const stored::Called& each : or_none(from)) calls.push_back(each.at_ms);
    return calls;
}

stored::Shard stored_shard(const Shard& shard) {
    const bool orphan = planted(Bug::snapshot_forgets_parents);
    return {.index = static_cast<int32_t>(shard.index),
            .log_id = shard.log_id.value,
            .first_high = static_cast<int64_t>(shard.first_hash.high),
            .first_low = static_cast<int64_t>(shard.first_hash.low),
            .last_high = static_cast<int64_t>(shard.last_hash.high),
            .last_low = static_cast<int64_t>(shard.last_hash.low),
            .created_s = shard.created_s,
            .opened_ms = shard.opened_ms,
            .closed_ms = shard.closed_ms,
            .parent = shard.parent,
            .adjacent_parent = orphan ? std::nullopt : shard.adjacent_parent};
}

Shard restored_shard(const stored::Shard& shard) {
    return {.index = static_cast<uint32_t>(shard.index),
            .log_id = {static_cast<uint32_t>(shard.log_id)},
            .first_hash = {static_cast<uint64_t>(shard.first_high),
                           static_cast<uint64_t>(shard.first_low)},
            .last_hash = {static_cast<uint64_t>(shard.last_high),
                          static_cast<uint64_t>(shard.last_low)},
            .created_s = shard.created_s,
            .opened_ms = shard.opened_ms,
            .closed_ms = shard.closed_ms,
            .parent = shard.parent,
            .adjacent_parent = shard.adjacent_parent};
}

stored::Consumer stored_consumer(std::string_view name, const Consumer& consumer) {
    stored::Consumer to{
        .name = name, .created_ms = consumer.created_ms, .deleting_ms = consumer.deleting_ms};
    for (const auto& [tag, value] : consumer.tags) to.tags.emplace_back(tag, value);
    if (consumer.policy) to.policy = consumer.policy->document();
    return to;
}

Consumer restored_consumer(const stored::Consumer& from) {
    Consumer consumer{.created_ms = from.created_ms, .deleting_ms = from.deleting_ms};
    for (const auto& [tag, value] : from.tags) consumer.tags.emplace(tag, value);
    if (from.policy) consumer.policy.emplace(*from.policy);
    return consumer;
}

stored::Stream stored_stream(const Stream& stream) {
    stored::Stream to{.account = stream.account,
                      .region = stream.region,
                      .name = stream.name,
                      .generation = static_cast<int64_t>(stream.generation),
                      .created_ms = stream.created_ms,
                      .deleting_ms = stream.deleting_ms,
                      .on_demand = stream.on_demand,
                      .auto_distribution = stream.auto_distribution,
                      .retention_hours = stream.retention_hours,
                      .max_record_kib = stream.max_record_kib,
                      .updating = stream.updating,
                      .consumers = std::vector<stored::Consumer>(),
                      .changing = stream.changing,
                      .demands = std::vector<stored::Demand>(),
                      .warm_mibps = stream.warm_mibps};
    to.resized = stored_calls(stream.resized);
    to.switched = stored_calls(stream.switched);
    for (const Demand& demand : stream.demands) to.demands->push_back({demand.day, demand.shards});
    for (const auto& [name, consumer] : stream.consumers)
        if (!planted(Bug::snapshot_forgets_a_consumer) || name != stream.consumers.begin()->first)
            to.consumers->push_back(stored_consumer(name, consumer));
    for (const auto& [tag, value] : stream.tags) to.tags.emplace_back(tag, value);
    for (const Shard& shard : stream.shards) to.shards.push_back(stored_shard(shard));
    if (stream.policy) to.policy = stream.policy->document();
    if (stream.encryption_key) to.encryption_key = *stream.encryption_key;
    to.data_keys.emplace();
    for (const WrappedKey& key : stream.data_keys)
        to.data_keys->push_back(
            {static_cast<int32_t>(key.number), as_bytes(key.wrapped), key.made_ms});
    to.encryption_starts = stored_calls(stream.encryption_starts);
    to.monitored = static_cast<int32_t>(stream.monitored);
    to.encryption_stops = stored_calls(stream.encryption_stops);
    to.forgotten_ms = stream.forgotten_ms;
    return to;
}

bool shards_are_in_order(const stored::Stream& stream) {
    const auto& shards = stream.shards;
    const bool falls = std::ranges::adjacent_find(shards, std::ranges::greater_equal(),
                                                  &stored::Shard::index) != shards.end();
    return !falls && (shards.empty() || shards.front().index >= 0);
}

Stream restored_stream(const stored::Stream& from) {
    Stream stream{.account = std::string(from.account),
                  .region = std::string(from.region),
                  .name = std::string(from.name),
                  .generation = static_cast<uint64_t>(from.generation),
                  .created_ms = from.created_ms,
                  .deleting_ms = from.deleting_ms,
                  .on_demand = from.on_demand,
                  .auto_distribution = from.auto_distribution,
                  .retention_hours = from.retention_hours,
                  .max_record_kib = from.max_record_kib,
                  .updating = from.updating.value_or(false),
                  .changing = from.changing.value_or(false),
                  .warm_mibps = from.warm_mibps.value_or(0)};
    stream.resized = restored_calls(from.resized);
    stream.switched = restored_calls(from.switched);
    for (const stored::Demand& each : or_none(from.demands))
        stream.demands.push_back({each.day, each.shards});
    for (const stored::Consumer& each : or_none(from.consumers))
        stream.consumers.emplace(each.name, restored_consumer(each));
    for (const auto& [tag, value] : from.tags) stream.tags.emplace(tag, value);
    for (const stored::Shard& shard : from.shards) stream.shards.add(restored_shard(shard));
    if (from.policy) stream.policy.emplace(*from.policy);
    if (from.encryption_key) stream.encryption_key = *from.encryption_key;
    for (const stored::WrappedKey& key : or_none(from.data_keys))
        stream.data_keys.push_back(
            {static_cast<uint32_t>(key.number), std::string(as_text(key.wrapped)), key.made_ms});
    stream.encryption_starts = restored_calls(from.encryption_starts);
    stream.monitored = static_cast<uint32_t>(from.monitored.value_or(0));
    stream.encryption_stops = restored_calls(from.encryption_stops);
    stream.forgotten_ms = from.forgotten_ms.value_or(0);
    return stream;
}

}  // namespace

std::string Catalog::snapshot() const {
    stored::Snapshot image;
    image.next_generation = static_cast<int64_t>(next_generation_);
    image.next_log_shard = next_log_shard_;
    if (seal_key_) image.identity = Bytes(*seal_key_);
    image.commitments.emplace();
    for (const auto& [key, commitment] : commitments_)
        image.commitments->push_back(
            {key.first, key.second, commitment.started_ms, commitment.ends_ms});
    for (const auto& [key, stream] : streams_) image.streams.push_back(stored_stream(stream));
    std::string out;
    wire::encode(wire::Format::cbor, wire::table_of<stored::Snapshot>, &image, out);
    return out;
}

Result<> Catalog::restore(std::string_view encoded) {
    Arena arena;
    stored::Snapshot image;
    auto decoded = wire::decode(wire::Format::cbor, encoded, arena,
                                wire::table_of<stored::Snapshot>, &image, {.stored = true});
    if (!decoded || !std::ranges::all_of(image.streams, shards_are_in_order))
        return fail(Code::corrupt, "the catalog's snapshot can't be read");
    *this = Catalog();
    next_generation_ = static_cast<uint64_t>(image.next_generation);
    next_log_shard_ = static_cast<uint32_t>(image.next_log_shard);
    if (image.identity) seal_key_ = core::seal_key_of(*image.identity);
    for (const stored::Commitment& each : or_none(image.commitments))
        commitments_[{std::string(each.account), std::string(each.region)}] = {each.started_ms,
                                                                               each.ends_ms};
    for (const stored::Stream& from : image.streams) insert(restored_stream(from));
    return {};
}

}  // namespace fors::streams
