// SPDX-License-Identifier: Apache-2.0
// Requests of puts as JSON, their data random: nothing on the way can gain by compressing it.
#include "load/bodies.h"

#include <algorithm>

#include "base/base64.h"
#include "base/bytes.h"
#include "base/digest.h"
#include "client/client.h"
#include "load/signer.h"

namespace fors::load {

namespace {

constexpr size_t bodies_least = 512;  // so that one and the same is not seen again soon
constexpr size_t bodies_few = 4;      // of very large ones
constexpr size_t memory_max = 64 << 20;
constexpr std::string_view magic = "\xf3\x89\x9a\xc2";

void append_varint(std::string& to, uint64_t value) {
    for (; value >= 0x80; value >>= 7) to.push_back(static_cast<char>(value | 0x80));
    to.push_back(static_cast<char>(value));
}

// A field of protobuf that has a length.
void append_field(std::string& to, uint32_t number, std::string_view value) {
    append_varint(to, number << 3 | 2);
    append_varint(to, value.size());
    to += value;
}

std::string random_data(size_t size, env::Random& random) {
    std::string data(size, '\0');
    random.fill(std::as_writable_bytes(std::span(data)));
    return data;
}

void append_entry(std::string& json, std::string_view key, std::string_view data) {
    json += R"("PartitionKey":)";
    client::append_json_string(json, key);
    json += R"(,"Data":")";
    base64::encode(as_bytes(data), json);
    json += '"';
}

// One request; keys are handed out in turn.
class Maker {
public:
    Maker(const Shape& shape, env::Random& random) : shape_(shape), random_(random) {}

    uint64_t keys = 1;  // from now on

    Body make() {
        Body body;
        body.json = R"({"StreamName":)" + client::json_string(shape_.stream) + ",";
        if (shape_.aggregated)
            add_aggregate(body);
        else if (shape_.batched)
            add_batch(body);
        else
            add_record(body.json);
        body.json += "}";
        body.bytes = uint64_t{body.user_records} * shape_.size;
        body.hash = payload_hash(body.json);
        return body;
    }

private:
    std::string next_key() { return partition_key(next_key_++ % keys); }

    void add_record(std::string& json) {
        append_entry(json, next_key(), random_data(shape_.size, random_));
    }

    void add_batch(Body& body) {
        body.records = body.user_records = shape_.records;
        body.json += R"("Records":[)";
        for (uint32_t at = 0; at < shape_.records; ++at) {
            body.json += at > 0 ? ",{" : "{";
            add_record(body.json);
            body.json += "}";
        }
        body.json += "]";
    }

    void add_aggregate(Body& body) {
        body.user_records = shape_.records;
        std::vector<std::string> data;
        data.reserve(shape_.records);
        for (uint32_t at = 0; at < shape_.records; ++at)
            data.push_back(random_data(shape_.size, random_));
        const std::string key = next_key();
        append_entry(body.json, key, aggregate(key, data));
    }

    const Shape& shape_;
    env::Random& random_;
    uint64_t next_key_ = 0;
};

}  // namespace

std::string partition_key(uint64_t n) { return "key-" + std::to_string(n); }

// AggregatedRecord of amazon-kinesis-producer: 1 the table of keys, 3 the records, each of them
// with 1 its key's place in the table and 3 its data; then the MD5 of all that.
std::string aggregate(std::string_view key, const std::vector<std::string>& data) {
    std::string message;
    append_field(message, 1, key);
    for (const std::string& each : data) {
        std::string record;
        append_varint(record, 1 << 3);
        append_varint(record, 0);
        append_field(record, 3, each);
        append_field(message, 3, record);
    }
    std::string whole(magic);
    whole += message;
    const auto digest = md5(as_bytes(message));
    append(whole, std::as_bytes(std::span(digest)));
    return whole;
}

Result<std::vector<Body>> make_bodies(const Shape& shape, env::Random& random) {
    // The first one shows how large they are.
    const size_t bytes_each = Maker(shape, random).make().json.size();
    const size_t fitting = std::max(bodies_few, memory_max / bytes_each);
    const uint64_t keys_each = shape.batched ? shape.records : 1;
    const uint64_t keys_max = fitting * keys_each;
    if (shape.partition_keys > keys_max)
        return fail(Code::invalid_argument,
                    "--partition-keys: at most " + std::to_string(keys_max) +
                        " at this size of requests, which are made beforehand");
    Maker maker(shape, random);
    maker.keys = shape.partition_keys > 0 ? shape.partition_keys
                                          : std::min<uint64_t>(keys_max, partition_keys_usual);
    const size_t for_keys = (maker.keys + keys_each - 1) / keys_each;
    const size_t wanted = std::min(fitting, std::max(bodies_least, for_keys));
    std::vector<Body> bodies;
    while (bodies.size() < wanted) bodies.push_back(maker.make());
    return bodies;
}

}  // namespace fors::load
