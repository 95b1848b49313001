// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any text as sequence number, shard id, ARN, shard iterator and NextToken. Numbers
// come back as they were written; no token opens that was not made by the service; an iterator made
// from any number it takes can be read from.
#include <cstdint>
#include <cstring>
#include <string>

#include "base/assert.h"
#include "base/concat.h"
#include "streams/patterns.h"
#include "streams/test_streams.h"

namespace fors::streams {
namespace {

// A service with one stream of two shards and some records.
class Store : public TestStreams {
public:
    Store() {
        CreateStream create;
        create.stream_name = "s";
        create.shard_count = 2;
        FORS_ASSERT(answer<&Streams::create_stream>(create));
        PutRecord put;
        put.stream_name = "s";
        put.data = as_bytes(std::string_view("data"));
        for (const char* key : {"a", "b", "c", "d", "e"}) {
            put.partition_key = key;
            FORS_ASSERT(answer<&Streams::put_record>(put));
        }
        service->stop();                             // no sweeper: time passes with every input
        frozen_ms = world.clock().wall_ms() + 1000;  // and tokens do not grow old
    }
};

void numbers(std::string_view text) {
    if (const auto number = parse_sequence_number(text))
        FORS_ASSERT(to_string(*number) ==
                    text.substr(std::min(text.find_first_not_of('0'), text.size())));
    struct {
        uint64_t created, put, index;
        uint32_t shard;
    } raw{};
    std::memcpy(&raw, text.data(), std::min(text.size(), sizeof(raw)));
    constexpr int64_t mask36 = (int64_t{1} << 36) - 1;
    const SequenceNumber made{.shard_created_s = static_cast<int64_t>(raw.created) & mask36,
                              .shard_index = raw.shard & 0x7FFF'FFFF,
                              .index = raw.index & index_at_end,
                              .put_s = static_cast<int64_t>(raw.put) & mask36};
    FORS_ASSERT(parse_sequence_number(to_string(made)) == made);
}

void arns(Store& store, std::string_view text) {
    for (std::string_view begin :
         {"", "arn:aws", "arn:aws:kinesis:", "arn:aws:kinesis:us-east-1:"}) {
        const std::string arn = std::string(begin).append(text);
        const auto parts = split_stream_arn(arn);
        FORS_ASSERT(is_stream_arn(arn) == parts.has_value());
        if (parts)
            FORS_ASSERT(
                arn.ends_with(concat(parts->region, ":", parts->account, ":stream/", parts->name)));
        if (is_stream_arn(arn)) {
            DescribeStreamSummary in;
            in.stream_arn = arn;
            (void)store.answer<&Streams::describe_stream_summary>(in);
        }
        if (is_consumer_arn(arn)) {
            DescribeStreamConsumer in;
            in.consumer_arn = arn;
            (void)store.answer<&Streams::describe_consumer>(in);
        }
    }
}

GetShardIterator iterator_request(std::string_view shard, std::string_view type) {
    GetShardIterator in;
    in.stream_name = "s";
    in.shard_id = shard;
    in.type = type;
    return in;
}

// Text: shard id, line feed, number.
void iterators_made(Store& store, std::string_view text) {
    const size_t end = text.find('\n');
    for (std::string_view type : {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"}) {
        GetShardIterator in = iterator_request(text.substr(0, end), type);
        in.starting_sequence_number = end == std::string_view::npos ? "0" : text.substr(end + 1);
        const auto made = store.answer<&Streams::get_shard_iterator>(in);
        if (!made) continue;
        const std::string token(made->shard_iterator);
        GetRecords get;
        get.shard_iterator = token;
        FORS_ASSERT(store.answer<&Streams::get_records>(get));
    }
}

bool opens_as_iterator(Store& store, std::string_view token) {
    GetRecords get;
    get.shard_iterator = token;
    return store.answer<&Streams::get_records>(get).has_value();
}

bool opens_as_next_token(Store& store, std::string_view token) {
    ListShards shards;
    shards.next_token = token;
    return store.answer<&Streams::list_shards>(shards).has_value();
}

std::string genuine_iterator(Store& store) {
    const auto in = iterator_request("shardId-000000000001", "TRIM_HORIZON");
    return std::string(store.answer<&Streams::get_shard_iterator>(in)->shard_iterator);
}

std::string genuine_next_token(Store& store) {
    ListShards in;
    in.stream_name = "s";
    in.max_results = 1;
    return std::string(*store.answer<&Streams::list_shards>(in)->next_token);
}

// (place, bits to flip) again and again.
std::string patched(std::string token, std::string_view patches) {
    for (; patches.size() >= 2; patches.remove_prefix(2))
        token[static_cast<unsigned char>(patches[0]) % token.size()] ^= patches[1];
    return token;
}

}  // namespace
}  // namespace fors::streams

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace fors::streams;
    static Store store;
    static const std::string iterator = genuine_iterator(store);
    static const std::string next_token = genuine_next_token(store);
    const std::string_view text = fors::as_text(std::as_bytes(std::span(data, size)));
    numbers(text);
    arns(store, text);
    iterators_made(store, text);
    FORS_ASSERT(!opens_as_iterator(store, text) && !opens_as_next_token(store, text));
    FORS_ASSERT(!opens_as_iterator(store, next_token) && !opens_as_next_token(store, iterator));
    const std::string first = patched(iterator, text);
    FORS_ASSERT(opens_as_iterator(store, first) == (first == iterator));
    const std::string second = patched(next_token, text);
    FORS_ASSERT(opens_as_next_token(store, second) == (second == next_token));
    return 0;
}
