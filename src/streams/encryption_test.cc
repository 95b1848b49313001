// SPDX-License-Identifier: Apache-2.0
// What lies in the log of an encrypted stream, and which data key sealed it, in virtual time.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "streams/test_streams.h"

namespace fors::streams {
namespace {

class Encryption : public testing::Test {
protected:
    Encryption() {
        CreateStream create;
        create.stream_name = "s";
        create.shard_count = 1;
        EXPECT_TRUE(streams.answer<&Streams::create_stream>(create));
        StartStreamEncryption start;
        start.stream_name = "s";
        start.type = "KMS";
        start.key_id = "alias/aws/kinesis";
        EXPECT_TRUE(streams.answer<&Streams::start_encryption>(start));
    }

    Result<PutRecordResult> put(std::string_view data, std::string_view stream = "s") {
        PutRecord in;
        in.stream_name = stream;
        in.data = as_bytes(data);
        in.partition_key = "key";
        return streams.answer<&Streams::put_record>(in);
    }

    // A shard's records, as they lie in the log.
    log::Batch stored(log::ShardId of = shard) {
        auto batch = streams.run<Result<log::Batch>>([&] {
            return streams.log().read(of, {}, {.records_max = 1000, .bytes_max = 1 << 20});
        });
        return std::move(*batch);
    }
    std::vector<uint32_t> data_keys(log::ShardId of = shard) {
        std::vector<uint32_t> numbers;
        for (const log::Record& record : stored(of).records) {
            uint32_t number = 0;
            std::memcpy(&number, record.data.data(), sizeof(number));
            numbers.push_back(number);
        }
        return numbers;
    }

    static constexpr log::ShardId shard{1};
    TestStreams streams;
};

TEST_F(Encryption, neither_data_nor_key_lie_in_the_log) {
    ASSERT_TRUE(put("plaintext"));
    const log::Batch batch = stored();
    ASSERT_EQ(batch.records.size(), 1u);
    EXPECT_TRUE(batch.records[0].key.empty());
    EXPECT_FALSE(as_text(batch.records[0].data).contains("plaintext"));
    EXPECT_FALSE(as_text(batch.records[0].data).contains("key"));
}

TEST_F(Encryption, the_same_record_never_looks_the_same) {
    ASSERT_TRUE(put("plaintext"));
    ASSERT_TRUE(put("plaintext"));
    const log::Batch batch = stored();
    ASSERT_EQ(batch.records.size(), 2u);
    EXPECT_NE(as_text(batch.records[0].data), as_text(batch.records[1].data));
}

TEST_F(Encryption, a_data_key_seals_for_a_day) {
    ASSERT_TRUE(put("1"));
    streams.world.run_for(23h);
    ASSERT_TRUE(put("2"));
    EXPECT_EQ(data_keys(), (std::vector<uint32_t>{1, 1}));
    streams.world.run_for(1h);
    ASSERT_TRUE(put("3"));
    ASSERT_TRUE(put("4"));
    EXPECT_EQ(data_keys().back(), 2u);
}

TEST_F(Encryption, many_that_need_a_new_data_key_make_one) {
    ASSERT_TRUE(put("1"));
    streams.world.run_for(20h);
    streams.world.run_for(4h);
    PutRecord in;
    in.stream_name = "s";
    in.data = as_bytes(std::string_view("x"));
    in.partition_key = "key";
    std::vector<std::shared_ptr<std::optional<Result<PutRecordResult>>>> answers;
    streams.context.now_ms = streams.world.clock().wall_ms();
    for (int count = 0; count < 20; ++count)
        answers.push_back(streams.start<Result<PutRecordResult>>(
            [&] { return streams.service->put_record(streams.context, in); }));
    streams.world.run_for(1s);
    for (const auto& answer : answers) {
        ASSERT_TRUE(answer->has_value());
        EXPECT_TRUE((*answer)->has_value());
    }
    EXPECT_EQ(data_keys().back(), 2u);
}

TEST_F(Encryption, however_many_streams_there_are_none_needs_a_second_data_key) {
    std::vector<std::string> names;
    for (int at = 0; at < 4'100; ++at) names.push_back("many-" + std::to_string(at));
    for (const std::string& name : names) {
        CreateStream create;
        create.stream_name = name;
        create.shard_count = 1;
        ASSERT_TRUE(streams.answer<&Streams::create_stream>(create));
        StartStreamEncryption start;
        start.stream_name = name;
        start.type = "KMS";
        start.key_id = "alias/aws/kinesis";
        ASSERT_TRUE(streams.answer<&Streams::start_encryption>(start));
    }
    for (const std::string& name : names) ASSERT_TRUE(put("x", name));
    EXPECT_EQ(data_keys(log::ShardId{2}), std::vector<uint32_t>{1});
    EXPECT_EQ(data_keys(log::ShardId{4'101}), std::vector<uint32_t>{1});
}

TEST_F(Encryption, a_cipher_keeps_the_newest_key_of_each_stream_and_not_all_that_are_older) {
    RecordCipher cipher(*streams.keys, streams.world.random());
    std::vector<Stream> many(3);
    for (uint64_t at = 0; at < many.size(); ++at) {
        many[at].generation = at + 1;
        for (uint32_t number = 1; number <= 3'000; ++number) {
            many[at].data_keys.push_back({number, "wrapped", 0});
            cipher.learn(many[at], many[at].data_keys.back(), core::AesKey{});
        }
    }
    int64_t known = 0;
    for (const Stream& stream : many) {
        EXPECT_TRUE(cipher.knows(stream, stream.data_keys.back()));
        known += std::ranges::count_if(
            stream.data_keys, [&](const WrappedKey& key) { return cipher.knows(stream, key); });
    }
    EXPECT_EQ(known, 4'096 + 3);
    cipher.learn(many[0], many[0].data_keys[0], core::AesKey{});
    EXPECT_TRUE(cipher.knows(many[0], many[0].data_keys[0]));
    cipher.forget(2);
    EXPECT_FALSE(cipher.knows(many[1], many[1].data_keys.back()));
    EXPECT_TRUE(cipher.knows(many[0], many[0].data_keys.back()));
    EXPECT_TRUE(cipher.knows(many[2], many[2].data_keys.back()));
}

TEST_F(Encryption, a_changed_record_is_not_given) {
    ASSERT_TRUE(put("1"));
    log::Batch batch = stored();
    std::string changed(as_text(batch.records[0].data));
    changed.back() ^= 1;
    log::Append forged{
        .shard = shard, .key = {}, .data = as_bytes(changed), .flags = flag_encrypted};
    ASSERT_TRUE(streams.run<Result<>>([&] { return streams.log().append(std::span(&forged, 1)); }));
    GetShardIterator in;
    in.stream_name = "s";
    in.shard_id = "shardId-000000000000";
    in.type = "TRIM_HORIZON";
    const auto at = streams.answer<&Streams::get_shard_iterator>(in);
    ASSERT_TRUE(at);
    const std::string iterator(at->shard_iterator);
    GetRecords get;
    get.shard_iterator = iterator;
    get.limit = 1;
    EXPECT_TRUE(streams.answer<&Streams::get_records>(get));
    get.limit = 2;
    const auto refused = streams.answer<&Streams::get_records>(get);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::corrupt);
}

}  // namespace
}  // namespace fors::streams
