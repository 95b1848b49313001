// SPDX-License-Identifier: Apache-2.0
package fors;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.*;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.paginators.ListStreamsIterable;
import software.amazon.awssdk.services.kinesis.waiters.KinesisWaiter;

/** The Java SDK v2, unmodified, with each of its HTTP clients; all speak CBOR. */
class KinesisTest {
    static final int MIB = 1 << 20;
    static final int REPLIES_MAX = 100;
    static final String FIRST_SHARD = "shardId-000000000000";
    static final String HASH_KEY_MAX = "340282366920938463463374607431768211455";

    private final List<AutoCloseable> opened = new ArrayList<>();

    @AfterEach
    void cleanUp() throws Exception {
        for (int i = opened.size(); i-- > 0; ) opened.get(i).close();
    }

    String freshStream(KinesisClient k, Consumer<CreateStreamRequest.Builder> settings) {
        String stream = "java-" + UUID.randomUUID();
        k.createStream(settings.andThen(b -> b.streamName(stream)));
        opened.add(() -> k.deleteStream(b -> b.streamName(stream)));
        KinesisWaiter waiter = KinesisWaiter.builder().client(k).build();
        opened.add(waiter);
        waiter.waitUntilStreamExists(b -> b.streamName(stream), o -> o.maxAttempts(100)
                .backoffStrategyV2(BackoffStrategy.fixedDelay(Duration.ofMillis(50))));
        return stream;
    }

    static List<Record> read(
            KinesisClient k, int count, Consumer<GetShardIteratorRequest.Builder> position) {
        String[] iterator = {k.getShardIterator(position).shardIterator()};
        List<Record> records = new ArrayList<>();
        for (int i = 0; i < REPLIES_MAX && records.size() < count; i++) {
            GetRecordsResponse answer = k.getRecords(b -> b.shardIterator(iterator[0]));
            records.addAll(answer.records());
            iterator[0] = answer.nextShardIterator();
        }
        return records;
    }

    static PutRecordResponse put(KinesisClient k, String stream, String key, byte[] data) {
        return k.putRecord(b -> b.streamName(stream).partitionKey(key)
                .data(SdkBytes.fromByteArray(data)));
    }

    static byte[] filled(int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) 7);
        return bytes;
    }

    @ParameterizedTest
    @EnumSource
    void streamsAndShardsAreListed(Clients kind) {
        KinesisClient k = kind.client();
        String stream = freshStream(k, b -> b.shardCount(2));
        StreamDescriptionSummary summary =
                k.describeStreamSummary(b -> b.streamName(stream)).streamDescriptionSummary();
        assertEquals(2, summary.openShardCount());
        assertEquals(StreamStatus.ACTIVE, summary.streamStatus());
        Duration age = Duration.between(summary.streamCreationTimestamp(), Instant.now()).abs();
        assertTrue(age.compareTo(Duration.ofMinutes(1)) < 0, "created " + age + " ago");
        List<Shard> shards = k.listShards(b -> b.streamName(stream)).shards();
        assertEquals(List.of(FIRST_SHARD, "shardId-000000000001"),
                shards.stream().map(Shard::shardId).toList());
        assertEquals("0", shards.get(0).hashKeyRange().startingHashKey());
        assertEquals(HASH_KEY_MAX, shards.get(1).hashKeyRange().endingHashKey());
        List<String> names = new ListStreamsIterable(k, ListStreamsRequest.builder().build())
                .streamNames().stream().toList();
        assertTrue(names.contains(stream), names + " without " + stream);
    }

    @ParameterizedTest
    @EnumSource
    void recordsComeBackAsTheyWere(Clients kind) {
        KinesisClient k = kind.client();
        String stream = freshStream(k, b -> b.shardCount(2));
        String key = "鍵-é";
        byte[] text = "ключ".getBytes(StandardCharsets.UTF_8);
        for (byte[] blob : List.of(new byte[] {0}, text, filled(MIB - 8))) {
            PutRecordResponse put = put(k, stream, key, blob);
            assertEquals("application/x-amz-cbor-1.1",
                    put.sdkHttpResponse().firstMatchingHeader("Content-Type").orElse("none"));
            Record record = read(k, 1, b -> b.streamName(stream).shardId(put.shardId())
                    .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                    .startingSequenceNumber(put.sequenceNumber())).get(0);
            assertArrayEquals(blob, record.data().asByteArray());
            assertEquals(key, record.partitionKey());
            assertEquals(put.sequenceNumber(), record.sequenceNumber());
            Duration age =
                    Duration.between(record.approximateArrivalTimestamp(), Instant.now()).abs();
            assertTrue(age.compareTo(Duration.ofMinutes(1)) < 0, "arrived " + age + " ago");
        }
    }

    @ParameterizedTest
    @EnumSource
    void tenMebibytesWhereTheStreamAllowsThem(Clients kind) {
        KinesisClient k = kind.client();
        String stream = freshStream(k, b -> b.shardCount(1).maxRecordSizeInKiB(10240));
        byte[] blob = filled(10 * MIB - 1);
        put(k, stream, "k", blob);
        Record record = read(k, 1, b -> b.streamName(stream).shardId(FIRST_SHARD)
                .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).get(0);
        assertArrayEquals(blob, record.data().asByteArray());
    }

    @ParameterizedTest
    @EnumSource
    void batchesAndEveryIteratorType(Clients kind) {
        KinesisClient k = kind.client();
        String stream = freshStream(k, b -> b.shardCount(1));
        String latest = k.getShardIterator(b -> b.streamName(stream).shardId(FIRST_SHARD)
                .shardIteratorType(ShardIteratorType.LATEST)).shardIterator();
        List<PutRecordsRequestEntry> entries = IntStream.range(0, 3)
                .mapToObj(n -> PutRecordsRequestEntry.builder().partitionKey("k")
                        .explicitHashKey("0").data(SdkBytes.fromUtf8String("" + n)).build())
                .toList();
        PutRecordsResponse put = k.putRecords(b -> b.streamName(stream).records(entries));
        assertEquals(0, put.failedRecordCount());
        List<String> numbers =
                put.records().stream().map(PutRecordsResultEntry::sequenceNumber).toList();
        GetRecordsResponse tip = k.getRecords(b -> b.shardIterator(latest));
        assertEquals(numbers, tip.records().stream().map(Record::sequenceNumber).toList());
        assertEquals(0, tip.millisBehindLatest());
        for (ShardIteratorType type : ShardIteratorType.knownValues()) {
            int first = switch (type) {
                case AT_SEQUENCE_NUMBER -> 1;
                case AFTER_SEQUENCE_NUMBER -> 2;
                case LATEST -> 3;
                default -> 0;
            };
            List<Record> records = read(k, 3 - first, b -> {
                b.streamName(stream).shardId(FIRST_SHARD).shardIteratorType(type);
                if (first == 1 || first == 2) b.startingSequenceNumber(numbers.get(1));
                if (type == ShardIteratorType.AT_TIMESTAMP) {
                    b.timestamp(Instant.now().minusSeconds(3600));
                }
            });
            assertEquals(numbers.subList(first, 3),
                    records.stream().map(Record::sequenceNumber).toList(), "" + type);
        }
    }

    @ParameterizedTest
    @EnumSource
    void errorsAreTheClassesOfTheModel(Clients kind) {
        KinesisClient k = kind.client();
        String stream = freshStream(k, b -> b.shardCount(1));
        assertThrows(ResourceNotFoundException.class,
                () -> k.describeStreamSummary(b -> b.streamName("nobody")));
        assertThrows(ResourceNotFoundException.class, () -> put(k, "nobody", "k", filled(1)));
        assertThrows(ResourceInUseException.class,
                () -> k.createStream(b -> b.streamName(stream).shardCount(1)));
        assertThrows(InvalidArgumentException.class,
                () -> k.getRecords(b -> b.shardIterator("none")));
        assertThrows(ValidationException.class, () -> put(k, stream, "", filled(1)));
    }

    @ParameterizedTest
    @EnumSource
    void credentialsAreVerifiedWhereTheServerHasAny(Clients kind) {
        KinesisClient k = kind.client();
        k.listStreams();
        AwsCredentials wrong =
                AwsBasicCredentials.create(System.getenv("AWS_ACCESS_KEY_ID"), "wrong");
        ListStreamsRequest request = ListStreamsRequest.builder().overrideConfiguration(
                o -> o.credentialsProvider(StaticCredentialsProvider.create(wrong))).build();
        if (System.getenv("FORS_ACCESS").equals("open")) {
            k.listStreams(request);
            return;
        }
        KinesisException refused =
                assertThrows(KinesisException.class, () -> k.listStreams(request));
        assertEquals("InvalidSignatureException", refused.awsErrorDetails().errorCode());
    }
}
