// SPDX-License-Identifier: Apache-2.0
// The making of commands, as they lie in the control log.
#include "streams/catalog.h"
#include "streams/catalog_format.h"
#include "wire/wire.h"

namespace fors::streams {

namespace {

std::string encoded(const stored::Command& command) {
    std::string out;
    wire::encode(wire::Format::cbor, wire::table_of<stored::Command>, &command, out);
    return out;
}

stored::Command on(uint64_t generation) { return {.stream = static_cast<int64_t>(generation)}; }

}  // namespace

std::string create_command(const CreateCommand& from) {
    stored::Create create{.account = from.account,
                          .region = from.region,
                          .name = from.name,
                          .created_ms = from.created_ms,
                          .shard_count = from.shard_count,
                          .on_demand = from.on_demand,
                          .auto_distribution = from.auto_distribution,
                          .max_record_kib = from.max_record_kib,
                          .warm_mibps = from.warm_mibps};
    for (const auto& [key, value] : from.tags) create.tags.emplace_back(key, value);
    return encoded({.create = std::move(create)});
}

std::string delete_command(uint64_t generation, int64_t now_ms) {
    auto command = on(generation);
    command.delete_ms = now_ms;
    return encoded(command);
}

std::string remove_command(uint64_t generation) {
    auto command = on(generation);
    command.remove = true;
    return encoded(command);
}

std::string retention_command(uint64_t generation, int32_t hours) {
    auto command = on(generation);
    command.retention_hours = hours;
    return encoded(command);
}

std::string tag_command(uint64_t generation, std::string_view consumer, const wire::Map& tags) {
    auto command = on(generation);
    if (!consumer.empty()) command.consumer = consumer;
    command.tag = tags;
    return encoded(command);
}

std::string untag_command(uint64_t generation, std::string_view consumer,
                          const std::vector<std::string_view>& keys) {
    auto command = on(generation);
    if (!consumer.empty()) command.consumer = consumer;
    command.untag = keys;
    return encoded(command);
}

std::string policy_command(uint64_t generation, std::string_view consumer,
                           std::optional<std::string_view> document) {
    auto command = on(generation);
    if (!consumer.empty()) command.consumer = consumer;
    command.policy = document.value_or("");
    return encoded(command);
}

std::string record_size_command(uint64_t generation, int32_t kib) {
    auto command = on(generation);
    command.max_record_kib = kib;
    return encoded(command);
}

std::string mode_command(uint64_t generation, bool on_demand, int32_t warm_mibps, int64_t now_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.on_demand = on_demand;
    command.warm_mibps = warm_mibps;
    return encoded(command);
}

std::string distribution_command(uint64_t generation, bool automatic) {
    auto command = on(generation);
    command.auto_distribution = automatic;
    return encoded(command);
}

std::string warm_command(uint64_t generation, int32_t mibps) {
    auto command = on(generation);
    command.warm_mibps = mibps;
    return encoded(command);
}

std::string commitment_command(std::string_view account, std::string_view region, bool enabled,
                               int64_t now_ms) {
    return encoded({.at_ms = now_ms, .commit = stored::Commit{account, region, enabled}});
}

std::string encrypt_command(uint64_t generation, std::string_view key_id, std::string_view data_key,
                            int64_t now_ms, int64_t careful_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.careful_ms = careful_ms;
    command.encrypt = key_id;
    command.data_key = as_bytes(data_key);
    return encoded(command);
}

std::string decrypt_command(uint64_t generation, int64_t now_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.encrypt = "";
    return encoded(command);
}

std::string data_key_command(uint64_t generation, std::string_view data_key, int64_t now_ms,
                             int64_t careful_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.careful_ms = careful_ms;
    command.data_key = as_bytes(data_key);
    return encoded(command);
}

std::string monitoring_command(uint64_t generation, uint32_t bits, bool enable) {
    auto command = on(generation);
    (enable ? command.monitor : command.unmonitor) = static_cast<int32_t>(bits);
    return encoded(command);
}

std::string demand_command(uint64_t generation, int32_t shards, int64_t now_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.demand = shards;
    return encoded(command);
}

std::string split_command(uint64_t generation, uint32_t shard, HashKey new_starting,
                          int64_t now_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.split = {.shard = static_cast<int32_t>(shard),
                     .high = static_cast<int64_t>(new_starting.high),
                     .low = static_cast<int64_t>(new_starting.low)};
    return encoded(command);
}

std::string merge_command(uint64_t generation, uint32_t shard, uint32_t adjacent, int64_t now_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.merge = {.shard = static_cast<int32_t>(shard),
                     .adjacent = static_cast<int32_t>(adjacent)};
    return encoded(command);
}

std::string resize_command(uint64_t generation, int32_t shards, int64_t now_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.resize = shards;
    return encoded(command);
}

std::string settled_command(uint64_t generation) {
    auto command = on(generation);
    command.settled = true;
    return encoded(command);
}

std::string forget_command(uint64_t generation, const std::vector<uint32_t>& indexes) {
    auto command = on(generation);
    command.forget.emplace();
    for (const uint32_t index : indexes) command.forget->push_back({static_cast<int32_t>(index)});
    return encoded(command);
}

std::string register_command(uint64_t generation, std::string_view consumer, const wire::Map& tags,
                             int64_t now_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.register_consumer = {.name = consumer, .tags = tags};
    return encoded(command);
}

std::string deregister_command(uint64_t generation, std::string_view consumer, int64_t now_ms) {
    auto command = on(generation);
    command.at_ms = now_ms;
    command.deregister_consumer = consumer;
    return encoded(command);
}

std::string remove_consumer_command(uint64_t generation, std::string_view consumer) {
    auto command = on(generation);
    command.remove_consumer = consumer;
    return encoded(command);
}

std::string identity_command(const core::SealKey& key) { return encoded({.identity = Bytes(key)}); }

}  // namespace fors::streams
