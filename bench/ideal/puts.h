// SPDX-License-Identifier: Apache-2.0
// A put: from the JSON into the batch, its answer as text.
#pragma once

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <simdjson.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>

#include "base64.h"
#include "log.h"

namespace ideal {

namespace json = simdjson::ondemand;
constexpr size_t shard_count = 4;

// 56 digits, counted up as text: nothing is cheaper.
struct Shard {
    std::string digits = "49650000000000000000000000000000000000000000000000000000";
    uint64_t next = 0;

    uint64_t take() {
        for (size_t at = digits.size(); ++digits[--at] > '9';) digits[at] = '0';
        return next++;
    }
};

class Puts {
public:
    // The answer's body in `out`; false for what is not understood.
    bool put_record(string_view body, Batch& batch, std::string& out) {
        json::document document;
        json::object object;
        return !parse(body).get(document) && !document.get_object().get(object) &&
               put(object, batch, out);
    }
    bool put_records(string_view body, Batch& batch, std::string& out) {
        json::document document;
        json::array records;
        out = R"({"FailedRecordCount":0,"Records":[)";
        if (parse(body).get(document) || document["Records"].get_array().get(records)) return false;
        for (auto each : records) {
            json::object object;
            if (each.get_object().get(object) || !put(object, batch, out)) return false;
            out.push_back(',');
        }
        out.back() = ']';
        out.push_back('}');
        return true;
    }

private:
    // Behind the body there are bytes of the buffer, so that simdjson may read beyond.
    simdjson::simdjson_result<json::document> parse(string_view body) {
        return parser_.iterate(body.data(), body.size(), body.size() + simdjson::SIMDJSON_PADDING);
    }
    // A string as it stands on the wire; what has escapes is not what the SDKs send here.
    static bool text_of(simdjson::simdjson_result<json::value> value, string_view& out) {
        if (value.raw_json_token().get(out)) return false;
        const size_t last = out.rfind('"');
        if (last == out.npos || last == 0) return false;
        out = out.substr(1, last - 1);
        return true;
    }
    bool put(json::object& object, Batch& batch, std::string& out) {
        string_view key, data;
        for (auto field : object) {
            json::raw_json_string name;
            if (field.key().get(name)) return false;
            if (name == "Data" && !text_of(field.value(), data)) return false;
            if (name == "PartitionKey" && !text_of(field.value(), key)) return false;
        }
        if (key.empty() || key.size() > 1024 || key.find('\\') != key.npos) return false;
        std::array<uint8_t, MD5_DIGEST_LENGTH> hash;
        MD5(reinterpret_cast<const uint8_t*>(key.data()), key.size(), hash.data());
        const size_t index = hash[0] * shard_count >> 8;
        Shard& shard = shards_[index];

        char* const head = batch.room(sizeof(RecordHead) + key.size() + data.size());
        std::memcpy(head + sizeof(RecordHead), key.data(), key.size());
        const auto decoded = decode(data, head + sizeof(RecordHead) + key.size());
        if (!decoded) return false;
        const RecordHead record{.sequence = shard.take(),
                                .data_bytes = static_cast<uint32_t>(*decoded),
                                .key_bytes = static_cast<uint16_t>(key.size()),
                                .shard = static_cast<uint16_t>(index)};
        std::memcpy(head, &record, sizeof(record));
        batch.size += sizeof(record) + key.size() + *decoded;
        out.append(R"({"SequenceNumber":")").append(shard.digits);
        out.append(R"(","ShardId":"shardId-00000000000)").push_back(static_cast<char>('0' + index));
        out.append(R"("})");
        return true;
    }

    json::parser parser_;
    std::array<Shard, shard_count> shards_;
};

}  // namespace ideal
