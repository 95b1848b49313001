// SPDX-License-Identifier: Apache-2.0
// A sealed record's data: number of the data key (4 bytes, little-endian), nonce (12), then
// AES-256-GCM ciphertext of the partition key's length (2), the partition key and the data, and the
// tag (16). The record's stream and shard are bound to it. Its key in the log is empty.
#include "streams/record_cipher.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/assert.h"

namespace fors::streams {

namespace {

constexpr size_t older_max = 4096;  // what more there is must be unwrapped again
constexpr size_t head_bytes = sizeof(uint32_t) + sizeof(core::GcmNonce);
constexpr size_t length_bytes = sizeof(uint16_t);
constexpr size_t overhead = head_bytes + length_bytes + core::gcm_tag_bytes;

struct OpenedRecords final : Buffer {
    explicit OpenedRecords(size_t size) : bytes(std::make_unique<std::byte[]>(size)) {}
    std::unique_ptr<std::byte[]> bytes;
};

using Place = std::array<std::byte, sizeof(uint64_t) + sizeof(uint32_t)>;
Place place_of(uint64_t generation, log::ShardId shard) {
    Place place;
    std::memcpy(place.data(), &generation, sizeof(generation));
    std::memcpy(place.data() + sizeof(generation), &shard.value, sizeof(shard.value));
    return place;
}

uint32_t number_of(const log::Record& record) {
    uint32_t number = 0;
    std::memcpy(&number, record.data.data(), sizeof(number));
    return number;
}

}  // namespace

core::AesGcm* RecordCipher::find(const Name& name) {
    for (auto* known : {&newest_, &older_})
        if (const auto at = known->find(name); at != known->end()) return &at->second;
    return nullptr;
}

bool RecordCipher::knows(const Stream& stream, const WrappedKey& key) const {
    const Name name{stream.generation, key.number};
    return newest_.contains(name) || older_.contains(name);
}

// Never more than `older_max`: any other makes room.
void RecordCipher::add_older(Ciphers::node_type cipher) {
    if (older_.size() >= older_max) older_.erase(older_.begin());
    older_.insert(std::move(cipher));
}

void RecordCipher::learn(const Stream& stream, const WrappedKey& key, const core::AesKey& plain) {
    if (knows(stream, key)) return;
    Ciphers made;
    made.emplace(Name{stream.generation, key.number}, plain);
    if (key.number != stream.data_keys.back().number) return add_older(made.extract(made.begin()));
    const auto before = newest_.lower_bound({stream.generation, 0});
    if (before != newest_.end() && before->first.first == stream.generation)
        add_older(newest_.extract(before));
    newest_.merge(made);
}

void RecordCipher::seal(const Stream& stream, log::Append& append, std::string& sealed) {
    const uint32_t number = stream.data_keys.back().number;
    core::AesGcm* const cipher = find({stream.generation, number});
    FORS_ASSERT(cipher);
    const core::GcmNonce nonce = nonces_.next();
    const auto length = static_cast<uint16_t>(append.key.size());
    const std::array parts{std::as_bytes(std::span(&length, 1)), as_bytes(append.key), append.data};
    sealed.resize(overhead + append.key.size() + append.data.size());
    std::memcpy(sealed.data(), &number, sizeof(number));
    std::memcpy(sealed.data() + sizeof(number), nonce.data(), nonce.size());
    cipher->seal(nonce, place_of(stream.generation, append.shard), parts,
                 reinterpret_cast<std::byte*>(sealed.data()) + head_bytes);
    append.key = {};
    append.data = as_bytes(sealed);
    append.flags |= flag_encrypted;
}

Result<core::AesGcm*> RecordCipher::cipher_for(const core::KeyUse& use, const Stream& stream,
                                               uint32_t number) {
    const auto key = std::ranges::find(stream.data_keys, number, &WrappedKey::number);
    if (key == stream.data_keys.end()) return fail(Code::corrupt, "a record's data key is gone");
    if (knows(stream, *key)) {
        auto allowed = keys_.may_unwrap(use, key->wrapped);
        if (!allowed) return std::unexpected(std::move(allowed.error()));
    } else {
        auto plain = keys_.unwrap(use, key->wrapped);
        if (!plain) return std::unexpected(std::move(plain.error()));
        learn(stream, *key, *plain);
    }
    return find({stream.generation, number});
}

Result<> RecordCipher::open(const core::KeyUse& use, const Stream& stream, log::ShardId shard,
                            log::Batch& batch) {
    size_t bytes = 0;
    for (const log::Record& record : batch.records)
        if (record.flags & flag_encrypted) bytes += record.data.size();
    auto opened = std::make_unique<OpenedRecords>(bytes);
    std::byte* to = opened->bytes.get();
    const Place place = place_of(stream.generation, shard);
    core::AesGcm* cipher = nullptr;
    uint32_t cipher_number = 0;
    for (log::Record& record : batch.records) {
        if (!(record.flags & flag_encrypted)) continue;
        if (record.data.size() < overhead) return fail(Code::corrupt, "a record is cut off");
        const uint32_t number = number_of(record);
        if (!cipher || number != cipher_number) {
            auto found = cipher_for(use, stream, number);
            if (!found) return std::unexpected(std::move(found.error()));
            cipher = *found;
            cipher_number = number;
        }
        core::GcmNonce nonce;
        std::memcpy(nonce.data(), record.data.data() + sizeof(number), nonce.size());
        if (!cipher->open(nonce, place, record.data.subspan(head_bytes), to))
            return fail(Code::corrupt, "a record was changed");
        const Bytes plain(to, record.data.size() - head_bytes - core::gcm_tag_bytes);
        uint16_t length = 0;
        std::memcpy(&length, plain.data(), sizeof(length));
        record.key = as_text(plain.subspan(length_bytes, length));
        record.data = plain.subspan(length_bytes + length);
        to += plain.size();
    }
    batch.buffers.emplace_back(std::move(opened));
    return {};
}

void RecordCipher::forget(uint64_t generation) {
    for (auto* known : {&newest_, &older_})
        known->erase(known->lower_bound({generation, 0}), known->lower_bound({generation + 1, 0}));
}

}  // namespace fors::streams
