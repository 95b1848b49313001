// SPDX-License-Identifier: Apache-2.0
package fors;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.awssdk.services.kinesis.model.StreamStatus;

/** A stream as the tests use it, through an SDK that is not the connector's; deleted at the end. */
final class Streams implements AutoCloseable {
    static final int KEYS = 11;

    final String name;
    final String arn;
    // The tests run beside each other, and calls like CreateStream have rates.
    private final KinesisClient kinesis = KinesisClient.builder().overrideConfiguration(
            b -> b.retryStrategy(AwsRetryStrategy.standardRetryStrategy().toBuilder()
                    .retryOnException(LimitExceededException.class).maxAttempts(20).build()))
            .build();
    private int put;

    Streams(String kind, int shards) throws InterruptedException {
        name = kind + "-" + UUID.randomUUID();
        kinesis.createStream(b -> b.streamName(name).shardCount(shards));
        untilActive();
        arn = kinesis.describeStreamSummary(b -> b.streamName(name)).streamDescriptionSummary()
                .streamARN();
    }

    /** How the connector finds the server; its properties know nothing of AWS_ENDPOINT_URL. */
    static Properties properties() {
        Properties properties = new Properties();
        properties.putAll(Map.of("aws.endpoint", System.getenv("AWS_ENDPOINT_URL"),
                "aws.region", System.getenv("AWS_REGION"), "aws.credentials.provider", "BASIC",
                "aws.credentials.provider.basic.accesskeyid", System.getenv("AWS_ACCESS_KEY_ID"),
                "aws.credentials.provider.basic.secretkey",
                System.getenv("AWS_SECRET_ACCESS_KEY")));
        return properties;
    }

    static void await(String what, BooleanSupplier condition) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > end) throw new AssertionError("not within 60 s: " + what);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    void untilActive() throws InterruptedException {
        await(name + " is active", () -> kinesis.describeStreamSummary(b -> b.streamName(name))
                .streamDescriptionSummary().streamStatus() == StreamStatus.ACTIVE);
    }

    /** The next `count` numbers, one after the other. */
    void put(int count) {
        for (int end = put + count; put < end; put++) {
            kinesis.putRecord(b -> b.streamName(name).partitionKey("key-" + put % KEYS)
                    .data(SdkBytes.fromUtf8String("" + put)));
        }
    }

    List<Integer> numbers() {
        return IntStream.range(0, put).boxed().toList();
    }

    void split() {
        kinesis.splitShard(b -> b.streamName(name).shardToSplit(shards(true).get(0).shardId())
                .newStartingHashKey("85070591730234615865843651857942052864"));
    }

    /** Merges what split() made. */
    void merge() {
        List<Shard> children =
                shards(true).stream().filter(s -> s.parentShardId() != null).toList();
        assertEquals(2, children.size());
        kinesis.mergeShards(b -> b.streamName(name).shardToMerge(children.get(0).shardId())
                .adjacentShardToMerge(children.get(1).shardId()));
    }

    List<Shard> shards(boolean openOnly) {
        return kinesis.listShards(b -> b.streamName(name)).shards().stream()
                .filter(s -> !openOnly || s.sequenceNumberRange().endingSequenceNumber() == null)
                .toList();
    }

    int consumers() {
        return kinesis.listStreamConsumers(b -> b.streamARN(arn)).consumers().size();
    }

    /** Records refused because a shard had its second's share, as the metrics count them. */
    double refusals() throws Exception {
        URI metrics = URI.create(System.getenv("AWS_ENDPOINT_URL") + "/_fors/metrics");
        String text = HttpClient.newHttpClient().send(HttpRequest.newBuilder(metrics).build(),
                HttpResponse.BodyHandlers.ofString()).body();
        return text.lines().filter(line -> line.startsWith("fors_metric_sum{")
                && line.contains("\"WriteProvisionedThroughputExceeded\"") && line.contains(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.indexOf("} ") + 2)))
                .sum();
    }

    /** All that the stream holds. */
    List<Record> read() {
        List<Record> records = new ArrayList<>();
        for (Shard shard : shards(false)) {
            String iterator = kinesis.getShardIterator(b -> b.streamName(name)
                    .shardId(shard.shardId()).shardIteratorType(ShardIteratorType.TRIM_HORIZON))
                    .shardIterator();
            for (GetRecordsResponse answer; iterator != null;
                    iterator = answer.nextShardIterator()) {
                String at = iterator;
                answer = kinesis.getRecords(b -> b.shardIterator(at));
                records.addAll(answer.records());
                if (answer.millisBehindLatest() == 0) break;
            }
        }
        return records;
    }

    @Override
    public void close() {
        kinesis.deleteStream(b -> b.streamName(name).enforceConsumerDeletion(true));
        kinesis.close();
    }
}
