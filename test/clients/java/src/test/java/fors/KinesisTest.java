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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.*;
import software.amazon.awssdk.services.kinesis.model.Record;

/** The Java SDK v2, unmodified: asynchronous (Netty, HTTP/2 by prior knowledge) and synchronous (HTTP/1.1), both CBOR. */
class KinesisTest {
    static final int MIB = 1 << 20;

    /** The calls these tests make, over either client. */
    interface Api {
        void create(CreateStreamRequest request);
        void awaitExists(String stream);
        PutRecordResponse put(PutRecordRequest request);
        PutRecordsResponse putAll(PutRecordsRequest request);
        GetShardIteratorResponse iterator(GetShardIteratorRequest request);
        GetRecordsResponse get(GetRecordsRequest request);
        DescribeStreamSummaryResponse describe(String stream);
    }

    enum Client {
        ASYNC {
            @Override
            Api open() {
                KinesisAsyncClient client = KinesisAsyncClient.create();
                return new Api() {
                    public void create(CreateStreamRequest r) { join(client.createStream(r)); }
                    public void awaitExists(String s) {
                        join(client.waiter().waitUntilStreamExists(b -> b.streamName(s), KinesisTest::quick));
                    }
                    public PutRecordResponse put(PutRecordRequest r) { return join(client.putRecord(r)); }
                    public PutRecordsResponse putAll(PutRecordsRequest r) { return join(client.putRecords(r)); }
                    public GetShardIteratorResponse iterator(GetShardIteratorRequest r) {
                        return join(client.getShardIterator(r));
                    }
                    public GetRecordsResponse get(GetRecordsRequest r) { return join(client.getRecords(r)); }
                    public DescribeStreamSummaryResponse describe(String s) {
                        return join(client.describeStreamSummary(b -> b.streamName(s)));
                    }
                };
            }
        },
        SYNC {
            @Override
            Api open() {
                KinesisClient client = KinesisClient.create();
                return new Api() {
                    public void create(CreateStreamRequest r) { client.createStream(r); }
                    public void awaitExists(String s) {
                        client.waiter().waitUntilStreamExists(b -> b.streamName(s), KinesisTest::quick);
                    }
                    public PutRecordResponse put(PutRecordRequest r) { return client.putRecord(r); }
                    public PutRecordsResponse putAll(PutRecordsRequest r) { return client.putRecords(r); }
                    public GetShardIteratorResponse iterator(GetShardIteratorRequest r) {
                        return client.getShardIterator(r);
                    }
                    public GetRecordsResponse get(GetRecordsRequest r) { return client.getRecords(r); }
                    public DescribeStreamSummaryResponse describe(String s) {
                        return client.describeStreamSummary(b -> b.streamName(s));
                    }
                };
            }
        };

        abstract Api open();
    }

    static void quick(software.amazon.awssdk.core.waiters.WaiterOverrideConfiguration.Builder waiter) {
        waiter.maxAttempts(100).backoffStrategyV2(
                software.amazon.awssdk.retries.api.BackoffStrategy.fixedDelay(Duration.ofMillis(50)));
    }

    static <T> T join(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException e) {
            throw (RuntimeException) e.getCause();
        }
    }

    static String freshStream(Api api, Consumer<CreateStreamRequest.Builder> settings) {
        String stream = "java-" + UUID.randomUUID();
        api.create(CreateStreamRequest.builder().streamName(stream).applyMutation(settings).build());
        api.awaitExists(stream);
        return stream;
    }

    static List<Record> read(Api api, int count, Consumer<GetShardIteratorRequest.Builder> position) {
        String iterator = api.iterator(GetShardIteratorRequest.builder().applyMutation(position).build()).shardIterator();
        List<Record> records = new ArrayList<>();
        while (records.size() < count) {
            GetRecordsResponse answer = api.get(GetRecordsRequest.builder().shardIterator(iterator).build());
            records.addAll(answer.records());
            iterator = answer.nextShardIterator();
        }
        return records;
    }

    static byte[] filled(int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) 7);
        return bytes;
    }

    @ParameterizedTest
    @EnumSource
    void recordsComeBackAsTheyWere(Client client) {
        Api api = client.open();
        String stream = freshStream(api, b -> b.shardCount(2));
        List<byte[]> blobs = List.of(new byte[] {0}, "ключ".getBytes(StandardCharsets.UTF_8), filled(MIB - 8));
        for (byte[] blob : blobs) {
            String key = "鍵-é";
            PutRecordResponse put = api.put(PutRecordRequest.builder().streamName(stream).partitionKey(key)
                    .data(SdkBytes.fromByteArray(blob)).build());
            Record record = read(api, 1, b -> b.streamName(stream).shardId(put.shardId())
                    .shardIteratorType(ShardIteratorType.AT_SEQUENCE_NUMBER)
                    .startingSequenceNumber(put.sequenceNumber())).get(0);
            assertArrayEquals(blob, record.data().asByteArray());
            assertEquals(key, record.partitionKey());
            assertEquals(put.sequenceNumber(), record.sequenceNumber());
            Duration age = Duration.between(record.approximateArrivalTimestamp(), Instant.now()).abs();
            assertTrue(age.compareTo(Duration.ofMinutes(1)) < 0, "arrived " + age + " ago");
        }
    }

    @ParameterizedTest
    @EnumSource
    void tenMebibytesWhereTheStreamAllowsThem(Client client) {
        Api api = client.open();
        String stream = freshStream(api, b -> b.shardCount(1).maxRecordSizeInKiB(10240));
        byte[] blob = filled(10 * MIB - 1);
        api.put(PutRecordRequest.builder().streamName(stream).partitionKey("k")
                .data(SdkBytes.fromByteArray(blob)).build());
        Record record = read(api, 1, b -> b.streamName(stream).shardId("shardId-000000000000")
                .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).get(0);
        assertArrayEquals(blob, record.data().asByteArray());
    }

    @ParameterizedTest
    @EnumSource
    void batchesAndEveryIteratorType(Client client) {
        Api api = client.open();
        String stream = freshStream(api, b -> b.shardCount(1));
        List<PutRecordsRequestEntry> entries = new ArrayList<>();
        for (int n = 0; n < 3; n++) {
            entries.add(PutRecordsRequestEntry.builder().partitionKey("k").explicitHashKey("0")
                    .data(SdkBytes.fromUtf8String("" + n)).build());
        }
        PutRecordsResponse put = api.putAll(PutRecordsRequest.builder().streamName(stream).records(entries).build());
        assertEquals(0, put.failedRecordCount());
        List<String> numbers = put.records().stream().map(PutRecordsResultEntry::sequenceNumber).toList();
        for (ShardIteratorType type : ShardIteratorType.knownValues()) {
            int first = switch (type) {
                case AT_SEQUENCE_NUMBER -> 1;
                case AFTER_SEQUENCE_NUMBER -> 2;
                case LATEST -> 3;
                default -> 0;
            };
            List<Record> records = read(api, 3 - first, b -> {
                b.streamName(stream).shardId("shardId-000000000000").shardIteratorType(type);
                if (first == 1 || first == 2) b.startingSequenceNumber(numbers.get(1));
                if (type == ShardIteratorType.AT_TIMESTAMP) b.timestamp(Instant.now().minusSeconds(3600));
            });
            assertEquals(numbers.subList(first, 3), records.stream().map(Record::sequenceNumber).toList(), "" + type);
        }
    }

    @ParameterizedTest
    @EnumSource
    void errorsAreTheClassesOfTheModel(Client client) {
        Api api = client.open();
        String stream = freshStream(api, b -> b.shardCount(1));
        assertThrows(ResourceNotFoundException.class, () -> api.describe("nobody"));
        assertThrows(ResourceInUseException.class,
                () -> api.create(CreateStreamRequest.builder().streamName(stream).shardCount(1).build()));
        assertThrows(InvalidArgumentException.class,
                () -> api.get(GetRecordsRequest.builder().shardIterator("none").build()));
        KinesisException invalid = assertThrows(KinesisException.class, () -> api.put(PutRecordRequest.builder()
                .streamName(stream).partitionKey("").data(SdkBytes.fromUtf8String("x")).build()));
        assertEquals("ValidationException", invalid.awsErrorDetails().errorCode());
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "FORS_ACCESS", matches = "verified")
    void aWrongSecretIsRefused() {
        try (KinesisClient client = KinesisClient.builder().credentialsProvider(StaticCredentialsProvider.create(
                AwsBasicCredentials.create(System.getenv("AWS_ACCESS_KEY_ID"), "wrong"))).build()) {
            KinesisException refused = assertThrows(KinesisException.class, client::listStreams);
            assertEquals("InvalidSignatureException", refused.awsErrorDetails().errorCode());
        }
    }
}
