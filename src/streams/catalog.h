// SPDX-License-Identifier: Apache-2.0
// Catalog: all streams with their shards and tags: the state that the control log's commands fold
// into.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "auth/policy.h"
#include "base/hash_key.h"
#include "core/control_log.h"
#include "core/seal.h"
#include "log/log.h"
#include "streams/limits.h"
#include "streams/shard_list.h"
#include "wire/shape.h"

namespace fors::streams {

// Of enhanced fan-out.
struct Consumer {
    int64_t created_ms = 0;
    std::optional<int64_t> deleting_ms;
    std::optional<auth::ResourcePolicy> policy;
    std::map<std::string, std::string, std::less<>> tags;
};

// What records are sealed with, as the key service wrapped it.
struct WrappedKey {
    uint32_t number = 0;
    std::string wrapped;
    int64_t made_ms = 0;
};

// The shards that a day's traffic asked for at most.
struct Demand {
    int64_t day = 0;  // since the epoch
    int32_t shards = 0;
};

// An account's MinimumThroughputBillingCommitment in a region: for a day at least.
struct Commitment {
    int64_t started_ms = 0;
    std::optional<int64_t> ends_ms;  // disabled: ends or has ended then

    bool enabled(int64_t now_ms) const { return !ends_ms || now_ms < *ends_ms; }
    int64_t earliest_end_ms() const;
};

struct Stream {
    std::string account, region, name;
    uint64_t generation =
        0;  // never used again, so that old iterators don't reach a new stream of the same name
    int64_t created_ms = 0;
    std::optional<int64_t> deleting_ms;
    bool on_demand = false;
    bool auto_distribution = false;
    int32_t retention_hours = 24;
    int32_t max_record_kib = 1024;
    std::map<std::string, std::string, std::less<>> tags;
    std::map<std::string, Consumer, std::less<>> consumers;  // by name
    ShardList shards;
    int64_t forgotten_ms = 0;  // when the last of those that are forgotten closed
    bool updating =
        false;  // resharded a moment ago; until it has settled no shard ends for readers
    bool changing = false;         // a setting was changed a moment ago; shows as UPDATING
    std::vector<int64_t> resized;  // when UpdateShardCount was called, within the last day
    std::optional<auth::ResourcePolicy> policy;
    std::optional<std::string> encryption_key;  // as it was named; nothing: not encrypted
    std::vector<WrappedKey> data_keys;          // of all records kept; the newest is the last
    std::vector<int64_t> encryption_starts, encryption_stops;  // within the last day
    uint32_t monitored = 0;         // metrics that each shard has of its own (telemetry.h)
    int32_t warm_mibps = 0;         // throughput to be kept ready, of on-demand streams
    std::vector<Demand> demands;    // of on-demand streams, the last 30 days
    std::vector<int64_t> switched;  // when UpdateStreamMode was called, within the last day
    std::vector<uint32_t>
        open;  // indexes of the open ones, by hash range: they tile the whole space

    // The open shard whose range holds `hash`, and its place in `open`.
    const Shard& shard_of(HashKey hash) const { return shards[open[place_of(hash)]]; }
    uint32_t place_of(HashKey hash) const;
    // Closed so long ago that none of its records is kept, if the clock has been steady.
    bool shard_expired(const Shard& shard, int64_t now_ms) const;
    std::string arn() const;
};

// The commands of the catalog, as values; exactly one of an envelope's members is there.
struct CreateCommand {
    std::string account, region, name;
    int64_t created_ms = 0;
    int32_t shard_count = 0;
    bool on_demand = false;
    bool auto_distribution = false;
    int32_t max_record_kib = 0;
    int32_t warm_mibps = 0;
    std::vector<std::pair<std::string, std::string>> tags;
};

std::string create_command(const CreateCommand& command);
std::string delete_command(uint64_t generation, int64_t now_ms);  // ACTIVE to DELETING
std::string remove_command(uint64_t generation);                  // DELETING to gone
std::string retention_command(uint64_t generation, int32_t hours);
// Of the stream, or of a consumer when `consumer` is not empty.
std::string tag_command(uint64_t generation, std::string_view consumer, const wire::Map& tags);
std::string untag_command(uint64_t generation, std::string_view consumer,
                          const std::vector<std::string_view>& keys);
// Nothing: none any more.
std::string policy_command(uint64_t generation, std::string_view consumer,
                           std::optional<std::string_view> document);
std::string record_size_command(uint64_t generation, int32_t kib);
std::string mode_command(uint64_t generation, bool on_demand, int32_t warm_mibps, int64_t now_ms);
std::string distribution_command(uint64_t generation, bool automatic);
std::string warm_command(uint64_t generation, int32_t mibps);
std::string commitment_command(std::string_view account, std::string_view region, bool enabled,
                               int64_t now_ms);
// With the first data key under it. `careful_ms`: by which older ones may go.
std::string encrypt_command(uint64_t generation, std::string_view key_id, std::string_view data_key,
                            int64_t now_ms, int64_t careful_ms);
std::string decrypt_command(uint64_t generation, int64_t now_ms);  // not encrypted any more
std::string data_key_command(uint64_t generation, std::string_view data_key, int64_t now_ms,
                             int64_t careful_ms);
// Bits of telemetry.h: those from now on, too, or not any more.
std::string monitoring_command(uint64_t generation, uint32_t bits, bool enable);
std::string demand_command(uint64_t generation, int32_t shards, int64_t now_ms);
std::string split_command(uint64_t generation, uint32_t shard, HashKey new_starting,
                          int64_t now_ms);
std::string merge_command(uint64_t generation, uint32_t shard, uint32_t adjacent, int64_t now_ms);
std::string resize_command(uint64_t generation, int32_t shards, int64_t now_ms);
std::string settled_command(uint64_t generation);  // UPDATING to ACTIVE
// Closed shards, of which nothing is left; `indexes` rise.
std::string forget_command(uint64_t generation, const std::vector<uint32_t>& indexes);
std::string register_command(uint64_t generation, std::string_view consumer, const wire::Map& tags,
                             int64_t now_ms);
std::string deregister_command(uint64_t generation, std::string_view consumer, int64_t now_ms);
std::string remove_consumer_command(uint64_t generation, std::string_view consumer);
std::string identity_command(const core::SealKey& key);

inline constexpr int64_t day_ms = 86'400'000;
inline constexpr int64_t demand_days = 30;

// 0 when none was noted.
int32_t demand_today(const Stream& stream, int64_t now_ms);

// On the home thread. Pointers to streams stay valid until the stream is removed.
class Catalog final : public core::Fold {
public:
    std::string_view name() const override { return "streams"; }
    // 2: shards are forgotten, so that their indexes have gaps; metrics are named one by one.
    uint8_t version() const override { return 2; }
    Result<> apply(std::string_view command) override;
    std::string snapshot() const override;
    Result<> restore(std::string_view snapshot) override;

    const Stream* find(std::string_view account, std::string_view region,
                       std::string_view name) const;
    const Stream* find(uint64_t generation) const;

    // Streams of one account and region in byte order of their names, those after `after`
    // (exclusive).
    std::vector<const Stream*> list(std::string_view account, std::string_view region,
                                    std::string_view after) const;
    std::vector<const Stream*> all() const;
    bool knows(log::ShardId shard) const;
    // Null when the account never had one.
    const Commitment* commitment(std::string_view account, std::string_view region) const;

    // The key under which this store seals its tokens; nothing before the identity command.
    const std::optional<core::SealKey>& seal_key() const { return seal_key_; }

private:
    struct Change;
    struct Key {
        std::string account, region, name;
    };
    struct KeyView {
        std::string_view account, region, name;
        friend auto operator<=>(const KeyView&, const KeyView&) = default;
    };
    struct KeyLess {
        using is_transparent = void;
        static KeyView view(const Key& key) { return {key.account, key.region, key.name}; }
        static KeyView view(const KeyView& key) { return key; }
        bool operator()(const auto& a, const auto& b) const { return view(a) < view(b); }
    };

    Result<> log_shards_left(uint64_t wanted) const;
    Result<> create(const Change& change);
    Result<> retag(Stream& stream, const Change& change);
    Result<> set_policy(Stream& stream, const Change& change);
    Result<> reset(Stream& stream, const Change& change);
    void add_data_key(Stream& stream, const Change& change);
    void commit(const Change& change);
    void note_demand(Stream& stream, int32_t shards, int64_t now_ms);
    Result<> reshard(Stream& stream, const Change& change);
    void forget(Stream& stream, const Change& change);
    Result<> register_consumer(Stream& stream, const Change& change);
    void insert(Stream stream);
    void remove(uint64_t generation);
    Stream* mutable_stream(uint64_t generation);

    std::map<Key, Stream, KeyLess> streams_;
    std::unordered_map<uint64_t, Stream*> by_generation_;
    std::unordered_map<log::ShardId, uint64_t> by_log_shard_;  // to the stream's generation
    std::map<std::pair<std::string, std::string>, Commitment> commitments_;  // account, region
    uint64_t next_generation_ = 1;
    uint32_t next_log_shard_ = log::control_shard.value + 1;
    std::optional<core::SealKey> seal_key_;
};

}  // namespace fors::streams
