// SPDX-License-Identifier: Apache-2.0
// Sending of prepared puts, and counting of what was taken, throttled or refused.
#include "load/puts.h"

#include <simdjson.h>

#include <charconv>

namespace fors::load {

namespace {

// A whole answer has it once, at one end or the other; -1 when it is not there. Looked for as text,
// since nearly always it is 0 and the entries need not be read.
int64_t failed_records(std::string_view answer) {
    constexpr std::string_view name = "\"FailedRecordCount\":";
    size_t at = answer.find(name);
    if (at == std::string_view::npos) return -1;
    at = answer.find_first_not_of(' ', at + name.size());
    if (at == std::string_view::npos) return -1;
    int64_t count = -1;
    std::from_chars(answer.data() + at, answer.data() + answer.size(), count);
    return count;
}

}  // namespace

Puts::Puts(const Signer::Scope& scope, const std::vector<Body>& bodies, bool batched, size_t lanes,
           size_t first, size_t step)
    : bodies_(bodies),
      batched_(batched),
      signer_(scope, batched ? "PutRecords" : "PutRecord"),
      under_way_(lanes),
      at_(first % bodies.size()),
      step_(step) {}

Call Puts::next(size_t lane, std::chrono::nanoseconds) {
    const Body& body = bodies_[at_];
    at_ = (at_ + step_) % bodies_.size();
    under_way_[lane] = &body;
    return {&signer_, body.json, body.hash};
}

void Puts::succeeded(size_t lane, std::string_view answer, Tally& tally) {
    const Body& sent = *under_way_[lane];
    if (batched_ && failed_records(answer) != 0) return count_entries(sent, answer, tally);
    tally.records += sent.records;
    tally.user_records += sent.user_records;
    tally.bytes += sent.bytes;
}

// Each entry's own outcome.
void Puts::count_entries(const Body& sent, std::string_view answer, Tally& tally) {
    simdjson::dom::parser parser;
    simdjson::dom::element json;
    simdjson::dom::array entries;
    if (parser.parse(answer.data(), answer.size()).get(json) != simdjson::SUCCESS ||
        json["Records"].get(entries) != simdjson::SUCCESS) {
        tally.failed += sent.records;
        return tally.trouble("unreadable answer", answer.substr(0, 200));
    }
    for (const simdjson::dom::element entry : entries) {
        std::string_view type;
        std::string_view text;
        if (entry["ErrorCode"].get(type) != simdjson::SUCCESS || type.empty()) {
            ++tally.records;
            ++tally.user_records;
            tally.bytes += sent.bytes / sent.records;
            continue;
        }
        if (entry["ErrorMessage"].get(text) != simdjson::SUCCESS) text = {};
        ++(is_throttling(type) ? tally.throttled : tally.failed);
        tally.trouble(type, text);
    }
}

void Puts::failed(size_t lane, std::string_view type, Tally& tally) {
    (is_throttling(type) ? tally.throttled : tally.failed) += under_way_[lane]->records;
}

}  // namespace fors::load
