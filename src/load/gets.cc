// SPDX-License-Identifier: Apache-2.0
// Readers: an iterator, then GetRecords after GetRecords; answers are skimmed, not decoded.
#include "load/gets.h"

#include <simdjson.h>

#include "client/client.h"

namespace fors::load {

namespace {

using client::json_string;

// What base64 text of that length holds; `text` ends with up to two '='.
uint64_t decoded_bytes(std::string_view text) {
    uint64_t bytes = text.size() / 4 * 3;
    if (text.ends_with("==")) return bytes - 2;
    return text.ends_with('=') ? bytes - 1 : bytes;
}

using Json = simdjson::dom::element;

std::string_view text_of(Json object, const char* name) {
    std::string_view text;
    return object[name].get(text) == simdjson::SUCCESS ? text : std::string_view();
}

}  // namespace

// Kept, and its memory with it. Of its two interfaces the one that picks its code by the CPU.
struct Gets::Parser {
    simdjson::dom::parser json;
    Json answer;  // the last one parsed
};

Gets::Gets(const Signer::Scope& scope, const Reading& reading, size_t lanes, size_t first)
    : reading_(reading),
      iterators_(scope, "GetShardIterator"),
      records_(scope, "GetRecords"),
      readers_(lanes),
      parser_(std::make_unique<Parser>()) {
    for (size_t lane = 0; lane < lanes; ++lane)
        readers_[lane].shard = (first + lane) % reading.shards.size();
}

Gets::~Gets() = default;

Call Gets::next(size_t lane, std::chrono::nanoseconds) {
    Reader& reader = readers_[lane];
    reader.placing = reader.iterator.empty();
    if (reader.placing)
        reader.body = R"({"StreamName":)" + json_string(reading_.stream) + R"(,"ShardId":)" +
                      json_string(reading_.shards[reader.shard]) + R"(,"ShardIteratorType":")" +
                      (reading_.from_latest ? "LATEST" : "TRIM_HORIZON") + "\"}";
    else
        reader.body = R"({"ShardIterator":")" + reader.iterator + R"(","Limit":)" +
                      std::to_string(reading_.limit) + "}";
    reader.hash = payload_hash(reader.body);
    return {reader.placing ? &iterators_ : &records_, reader.body, reader.hash};
}

void Gets::succeeded(size_t lane, std::string_view body, Tally& tally) {
    Reader& reader = readers_[lane];
    Json& answer = parser_->answer;
    const bool read =
        parser_->json.parse(body.data(), body.size()).get(answer) == simdjson::SUCCESS &&
        answer.is_object();
    if (read && !reader.placing) return take(reading_, reader, *parser_, tally);
    if (read) reader.iterator = reader.begin = text_of(answer, "ShardIterator");
    if (read && !reader.iterator.empty()) return;
    ++tally.failed;
    tally.trouble("unreadable answer", body.substr(0, 200));
}

void Gets::take(const Reading& reading, Reader& reader, const Parser& parsed, Tally& tally) {
    const Json answer = parsed.answer;
    uint64_t found = 0;
    simdjson::dom::array records;
    if (answer["Records"].get(records) == simdjson::SUCCESS) {
        for (const Json record : records) {
            ++found;
            tally.bytes += decoded_bytes(text_of(record, "Data"));
        }
    }
    tally.records += found;
    tally.user_records += found;
    int64_t behind_ms = 0;
    if (answer["MillisBehindLatest"].get(behind_ms) != simdjson::SUCCESS) behind_ms = 0;
    // Of one that reads the same again and again, it is no measure.
    if (reading.from_latest) tally.behind_ms_max = std::max(tally.behind_ms_max, behind_ms);
    const std::string_view next = text_of(answer, "NextShardIterator");
    // The end of a shard that was split or merged is the tip of what it has.
    const bool at_tip = next.empty() || (found == 0 && behind_ms == 0);
    if (at_tip && !reading.from_latest)
        reader.iterator = reader.begin;
    else if (!next.empty())
        reader.iterator = next;
}

void Gets::failed(size_t lane, std::string_view type, Tally& tally) {
    ++(is_throttling(type) ? tally.throttled : tally.failed);
    // Iterators expire: another one is asked for.
    if (!is_throttling(type)) readers_[lane].iterator.clear();
}

}  // namespace fors::load
