// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any commands in any order, with arguments no service would give. Whatever becomes of
// the catalog, the open shards tile the hash space and a snapshot restores to the same; and any
// bytes as a snapshot are restored or refused.
#include <cstdint>
#include <string>

#include "base/assert.h"
#include "streams/catalog.h"

namespace fors::streams {
namespace {

class Script {
public:
    explicit Script(std::string_view bytes) : left_(bytes) {}
    bool over() const { return left_.empty(); }
    uint8_t byte() {
        if (left_.empty()) return 0;
        const auto value = static_cast<uint8_t>(left_.front());
        left_.remove_prefix(1);
        return value;
    }
    int64_t time() { return 1'700'000'000'000 + byte() * int64_t{3'600'000}; }
    std::string_view name() {
        static constexpr std::string_view names[] = {"", "a", "b", "alias/k", "x\xff"};
        return names[byte() % std::size(names)];
    }
    HashKey hash() {
        const uint64_t high = uint64_t{byte()} << 56 | byte();
        return {high, byte()};
    }

private:
    std::string_view left_;
};

constexpr std::string_view document =
    R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"kinesis:*","Resource":"*"}})";

std::string command(Script& script) {
    const uint8_t kind = script.byte();
    if (kind % 24 == 0)
        return create_command({.account = std::string(script.name()),
                               .region = "r",
                               .name = std::string(script.name()),
                               .created_ms = script.time(),
                               .shard_count = script.byte() % 9 + 1,
                               .on_demand = script.byte() % 2 == 0,
                               .tags = {{"t", "v"}}});
    const uint64_t of = script.byte() % 4;
    if (kind >= 248) {
        const uint32_t first = script.byte() % 32;
        return forget_command(of, {first, first + 1, first + 2 + script.byte() % 4});
    }
    switch (kind % 24) {
        case 1:
            return delete_command(of, script.time());
        case 2:
            return remove_command(of);
        case 3:
            return retention_command(of, script.byte());
        case 4:
            return tag_command(of, script.name(), {{script.name(), script.name()}});
        case 5:
            return untag_command(of, script.name(), {script.name()});
        case 6:
            return policy_command(of, script.name(), document);
        case 7:
            return policy_command(of, script.name(), std::nullopt);
        case 8:
            return record_size_command(of, script.byte());
        case 9:
            return mode_command(of, script.byte() % 2 == 0, script.byte(), script.time());
        case 10:
            return distribution_command(of, script.byte() % 2 == 0);
        case 11:
            return commitment_command("a", "r", script.byte() % 2 == 0, script.time());
        case 12:
            return encrypt_command(of, script.name(), script.name(), script.time(), script.time());
        case 13:
            return decrypt_command(of, script.time());
        case 14:
            return data_key_command(of, script.name(), script.time(), script.time());
        case 15:
            return demand_command(of, script.byte(), script.time());
        case 16:
            return split_command(of, script.byte() % 32, script.hash(), script.time());
        case 17:
            return merge_command(of, script.byte() % 32, script.byte() % 32, script.time());
        case 18:
            return resize_command(of, script.byte() % 17, script.time());
        case 19:
            return settled_command(of);
        case 20:
            return register_command(of, script.name(), {{"t", "v"}}, script.time());
        case 21:
            return deregister_command(of, script.name(), script.time());
        case 22:
            return remove_consumer_command(of, script.name());
        default:
            return monitoring_command(of, script.byte(), of % 2 == 0);
    }
}

void expect_tiled(const Stream& stream) {
    FORS_ASSERT(!stream.open.empty());
    HashKey next{0, 0};
    for (const uint32_t index : stream.open) {
        const Shard& shard = stream.shards[index];
        FORS_ASSERT(!shard.closed_ms && shard.first_hash == next);
        FORS_ASSERT(&stream.shard_of(shard.first_hash) == &shard);
        FORS_ASSERT(&stream.shard_of(shard.last_hash) == &shard);
        next = {shard.last_hash.high + (shard.last_hash.low == ~uint64_t{0} ? 1 : 0),
                shard.last_hash.low + 1};
    }
    FORS_ASSERT((next == HashKey{0, 0}));  // beyond the last one it begins anew
}

}  // namespace
}  // namespace fors::streams

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::streams;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    Catalog restored;
    if (restored.restore(text)) {
        Catalog again;
        FORS_ASSERT(again.restore(restored.snapshot()).has_value());
        FORS_ASSERT(again.snapshot() == restored.snapshot());
    }
    Catalog catalog;
    Script script(text);
    for (int count = 0; !script.over() && count < 64; ++count) (void)catalog.apply(command(script));
    for (const Stream* stream : catalog.all()) expect_tiled(*stream);
    Catalog other;
    FORS_ASSERT(other.restore(catalog.snapshot()).has_value());
    FORS_ASSERT(other.snapshot() == catalog.snapshot());
    return 0;
}
