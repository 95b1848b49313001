// SPDX-License-Identifier: Apache-2.0
// How the catalog's commands and snapshots look in the control log: CBOR by the same shape tables
// as the wire, so that a member added later is simply absent in what was written before.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "wire/shape.h"

namespace fors::streams::stored {

using Text = std::string_view;

struct Create {
    Text account, region, name;
    int64_t created_ms = 0;
    int32_t shard_count = 0;
    bool on_demand = false;
    bool auto_distribution = false;
    int32_t max_record_kib = 0;
    wire::Map tags;
    std::optional<int32_t> warm_mibps;
};

struct Split {
    int32_t shard = 0;
    int64_t high = 0, low = 0;  // the upper child's first hash key
};
struct Merge {
    int32_t shard = 0, adjacent = 0;
};

struct Register {
    Text name;
    wire::Map tags;
};

struct Commit {
    Text account, region;
    bool enabled = false;
};

struct Forgotten {
    int32_t shard = 0;
};

// A command: what is to be done to which stream.
struct Command {
    std::optional<Create> create;
    std::optional<int64_t> stream;     // generation, of all others but `identity`
    std::optional<int64_t> delete_ms;  // begins to be deleted at
    std::optional<bool> remove;
    std::optional<int32_t> retention_hours;
    std::optional<wire::Map> tag;
    std::optional<std::vector<Text>> untag;
    std::optional<Bytes> identity;  // the seal key
    std::optional<int64_t> at_ms;   // of those that follow
    std::optional<Split> split;
    std::optional<Merge> merge;
    std::optional<int32_t> resize;  // to so many shards
    std::optional<bool> settled;    // UPDATING to ACTIVE
    std::optional<Register> register_consumer;
    std::optional<Text> deregister_consumer;  // ACTIVE to DELETING
    std::optional<Text> remove_consumer;      // DELETING to gone
    std::optional<Text> consumer;             // whose tags change
    std::optional<int32_t> max_record_kib;
    std::optional<bool> on_demand;
    std::optional<bool> auto_distribution;
    std::optional<int32_t> demand;  // shards that the traffic of at_ms asked for
    std::optional<int32_t> warm_mibps;
    std::optional<Commit> commit;      // of an account
    std::optional<Text> policy;        // of the stream, or of `consumer`; empty: none any more
    std::optional<Text> encrypt;       // from now on with this key; empty: with none
    std::optional<Bytes> data_key;     // a new one, wrapped
    std::optional<int32_t> monitored;  // all that shall be (version 1)
    std::optional<int32_t> monitor, unmonitor;  // what more, what no more
    std::optional<std::vector<Forgotten>> forget;
    std::optional<int64_t> careful_ms;  // by which data keys go; at_ms before version 2
};

// When UpdateShardCount or UpdateStreamMode was called.
struct Called {
    int64_t at_ms = 0;
};

struct Demand {
    int64_t day = 0;
    int32_t shards = 0;
};

struct WrappedKey {
    int32_t number = 0;
    Bytes wrapped;
    int64_t made_ms = 0;
};

struct Shard {
    int32_t index = 0;
    int64_t log_id = 0;
    int64_t first_high = 0, first_low = 0, last_high = 0, last_low = 0;
    int64_t created_s = 0, opened_ms = 0;
    std::optional<int64_t> closed_ms;
    std::optional<int32_t> parent, adjacent_parent;
};
struct Consumer {
    Text name;
    int64_t created_ms = 0;
    std::optional<int64_t> deleting_ms;
    wire::Map tags;
    std::optional<Text> policy;
};
struct Stream {
    Text account, region, name;
    int64_t generation = 0, created_ms = 0;
    std::optional<int64_t> deleting_ms;
    bool on_demand = false, auto_distribution = false;
    int32_t retention_hours = 0, max_record_kib = 0;
    wire::Map tags;
    std::vector<Shard> shards;
    std::optional<bool> updating;
    std::optional<std::vector<Called>> resized;
    std::optional<std::vector<Consumer>> consumers;
    std::optional<bool> changing;
    std::optional<std::vector<Called>> switched;
    std::optional<std::vector<Demand>> demands;
    std::optional<int32_t> warm_mibps;
    std::optional<Text> policy;
    std::optional<Text> encryption_key;
    std::optional<std::vector<WrappedKey>> data_keys;
    std::optional<std::vector<Called>> encryption_starts, encryption_stops;
    std::optional<int32_t> monitored;
    std::optional<int64_t> forgotten_ms;
};
struct Commitment {
    Text account, region;
    int64_t started_ms = 0;
    std::optional<int64_t> ends_ms;
};
struct Snapshot {
    std::vector<Stream> streams;
    int64_t next_generation = 0, next_log_shard = 0;
    std::optional<Bytes> identity;
    std::optional<std::vector<Commitment>> commitments;
};

}  // namespace fors::streams::stored

namespace fors::wire {

namespace st = fors::streams::stored;

template <>
struct Shape<st::Create> {
    static constexpr std::string_view name = "Create";
    static constexpr Field fields[] = {
        field<&st::Create::account>("account"),
        field<&st::Create::region>("region"),
        field<&st::Create::name>("name"),
        field<&st::Create::created_ms>("created_ms"),
        field<&st::Create::shard_count>("shard_count"),
        field<&st::Create::on_demand>("on_demand"),
        field<&st::Create::auto_distribution>("auto_distribution"),
        field<&st::Create::max_record_kib>("max_record_kib"),
        field<&st::Create::tags>("tags"),
        field<&st::Create::warm_mibps>("warm_mibps"),
    };
};

template <>
struct Shape<st::Split> {
    static constexpr std::string_view name = "Split";
    static constexpr Field fields[] = {
        field<&st::Split::shard>("shard"),
        field<&st::Split::high>("high"),
        field<&st::Split::low>("low"),
    };
};

template <>
struct Shape<st::Merge> {
    static constexpr std::string_view name = "Merge";
    static constexpr Field fields[] = {
        field<&st::Merge::shard>("shard"),
        field<&st::Merge::adjacent>("adjacent"),
    };
};

template <>
struct Shape<st::Called> {
    static constexpr std::string_view name = "Called";
    static constexpr Field fields[] = {
        field<&st::Called::at_ms>("at_ms"),
    };
};

template <>
struct Shape<st::Commit> {
    static constexpr std::string_view name = "Commit";
    static constexpr Field fields[] = {
        field<&st::Commit::account>("account"),
        field<&st::Commit::region>("region"),
        field<&st::Commit::enabled>("enabled"),
    };
};

template <>
struct Shape<st::Commitment> {
    static constexpr std::string_view name = "Commitment";
    static constexpr Field fields[] = {
        field<&st::Commitment::account>("account"),
        field<&st::Commitment::region>("region"),
        field<&st::Commitment::started_ms>("started_ms"),
        field<&st::Commitment::ends_ms>("ends_ms"),
    };
};

template <>
struct Shape<st::Demand> {
    static constexpr std::string_view name = "Demand";
    static constexpr Field fields[] = {
        field<&st::Demand::day>("day"),
        field<&st::Demand::shards>("shards"),
    };
};

template <>
struct Shape<st::Forgotten> {
    static constexpr std::string_view name = "Forgotten";
    static constexpr Field fields[] = {
        field<&st::Forgotten::shard>("shard"),
    };
};

template <>
struct Shape<st::Register> {
    static constexpr std::string_view name = "Register";
    static constexpr Field fields[] = {
        field<&st::Register::name>("name"),
        field<&st::Register::tags>("tags"),
    };
};

template <>
struct Shape<st::Consumer> {
    static constexpr std::string_view name = "Consumer";
    static constexpr Field fields[] = {
        field<&st::Consumer::name>("name"),
        field<&st::Consumer::created_ms>("created_ms"),
        field<&st::Consumer::deleting_ms>("deleting_ms"),
        field<&st::Consumer::tags>("tags"),
        field<&st::Consumer::policy>("policy"),
    };
};

template <>
struct Shape<st::Command> {
    static constexpr std::string_view name = "Command";
    static constexpr Field fields[] = {
        field<&st::Command::create>("create"),
        field<&st::Command::stream>("stream"),
        field<&st::Command::delete_ms>("delete_ms"),
        field<&st::Command::remove>("remove"),
        field<&st::Command::retention_hours>("retention_hours"),
        field<&st::Command::tag>("tag"),
        field<&st::Command::untag>("untag"),
        field<&st::Command::identity>("identity"),
        field<&st::Command::at_ms>("at_ms"),
        field<&st::Command::split>("split"),
        field<&st::Command::merge>("merge"),
        field<&st::Command::resize>("resize"),
        field<&st::Command::settled>("settled"),
        field<&st::Command::register_consumer>("register_consumer"),
        field<&st::Command::deregister_consumer>("deregister_consumer"),
        field<&st::Command::remove_consumer>("remove_consumer"),
        field<&st::Command::consumer>("consumer"),
        field<&st::Command::max_record_kib>("max_record_kib"),
        field<&st::Command::on_demand>("on_demand"),
        field<&st::Command::auto_distribution>("auto_distribution"),
        field<&st::Command::demand>("demand"),
        field<&st::Command::warm_mibps>("warm_mibps"),
        field<&st::Command::commit>("commit"),
        field<&st::Command::policy>("policy"),
        field<&st::Command::encrypt>("encrypt"),
        field<&st::Command::data_key>("data_key"),
        field<&st::Command::monitored>("monitored"),
        field<&st::Command::monitor>("monitor"),
        field<&st::Command::unmonitor>("unmonitor"),
        field<&st::Command::forget>("forget"),
        field<&st::Command::careful_ms>("careful_ms"),
    };
};

template <>
struct Shape<st::WrappedKey> {
    static constexpr std::string_view name = "WrappedKey";
    static constexpr Field fields[] = {
        field<&st::WrappedKey::number>("number"),
        field<&st::WrappedKey::wrapped>("wrapped"),
        field<&st::WrappedKey::made_ms>("made_ms"),
    };
};

template <>
struct Shape<st::Shard> {
    static constexpr std::string_view name = "Shard";
    static constexpr Field fields[] = {
        field<&st::Shard::index>("index"),
        field<&st::Shard::log_id>("log_id"),
        field<&st::Shard::first_high>("first_high"),
        field<&st::Shard::first_low>("first_low"),
        field<&st::Shard::last_high>("last_high"),
        field<&st::Shard::last_low>("last_low"),
        field<&st::Shard::created_s>("created_s"),
        field<&st::Shard::opened_ms>("opened_ms"),
        field<&st::Shard::closed_ms>("closed_ms"),
        field<&st::Shard::parent>("parent"),
        field<&st::Shard::adjacent_parent>("adjacent_parent"),
    };
};

template <>
struct Shape<st::Stream> {
    static constexpr std::string_view name = "Stream";
    static constexpr Field fields[] = {
        field<&st::Stream::account>("account"),
        field<&st::Stream::region>("region"),
        field<&st::Stream::name>("name"),
        field<&st::Stream::generation>("generation"),
        field<&st::Stream::created_ms>("created_ms"),
        field<&st::Stream::deleting_ms>("deleting_ms"),
        field<&st::Stream::on_demand>("on_demand"),
        field<&st::Stream::auto_distribution>("auto_distribution"),
        field<&st::Stream::retention_hours>("retention_hours"),
        field<&st::Stream::max_record_kib>("max_record_kib"),
        field<&st::Stream::tags>("tags"),
        field<&st::Stream::shards>("shards"),
        field<&st::Stream::updating>("updating"),
        field<&st::Stream::resized>("resized"),
        field<&st::Stream::consumers>("consumers"),
        field<&st::Stream::changing>("changing"),
        field<&st::Stream::switched>("switched"),
        field<&st::Stream::demands>("demands"),
        field<&st::Stream::warm_mibps>("warm_mibps"),
        field<&st::Stream::policy>("policy"),
        field<&st::Stream::encryption_key>("encryption_key"),
        field<&st::Stream::data_keys>("data_keys"),
        field<&st::Stream::encryption_starts>("encryption_starts"),
        field<&st::Stream::encryption_stops>("encryption_stops"),
        field<&st::Stream::monitored>("monitored"),
        field<&st::Stream::forgotten_ms>("forgotten_ms"),
    };
};

template <>
struct Shape<st::Snapshot> {
    static constexpr std::string_view name = "Snapshot";
    static constexpr Field fields[] = {
        field<&st::Snapshot::streams>("streams"),
        field<&st::Snapshot::next_generation>("next_generation"),
        field<&st::Snapshot::next_log_shard>("next_log_shard"),
        field<&st::Snapshot::identity>("identity"),
        field<&st::Snapshot::commitments>("commitments"),
    };
};

}  // namespace fors::wire
