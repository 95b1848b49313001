// SPDX-License-Identifier: Apache-2.0
package fors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;
import software.amazon.kinesis.producer.KinesisProducer;
import software.amazon.kinesis.producer.KinesisProducerConfiguration;
import software.amazon.kinesis.producer.UserRecordResult;
import software.amazon.kinesis.retrieval.AggregatorUtil;
import software.amazon.kinesis.retrieval.KinesisClientRecord;

/** KPL's daemon, unmodified, over TLS: aggregation over a split, de-aggregation by KCL, metrics. */
class KplTest {
    static final int KEYS = 11;
    static final int PART = 1000;

    static void put(KinesisProducer producer, String stream, int first) throws Exception {
        List<Future<UserRecordResult>> puts = new ArrayList<>();
        for (int n = first; n < first + PART; n++) {
            puts.add(producer.addUserRecord(stream, "key-" + n % KEYS, bytes("" + n)));
        }
        producer.flush();
        for (Future<UserRecordResult> put : puts) {
            assertTrue(put.get(60, TimeUnit.SECONDS).isSuccessful());
        }
    }

    /** KPL aggregates from when it knows the shards on; what comes earlier it puts record by record. */
    static int untilAggregating(KinesisProducer producer, String stream) throws Exception {
        for (int stored = 1;; stored += 2) {
            Future<UserRecordResult> one = producer.addUserRecord(stream, "early", bytes("one"));
            Future<UserRecordResult> two = producer.addUserRecord(stream, "early", bytes("two"));
            producer.flush();
            if (one.get(60, TimeUnit.SECONDS).getSequenceNumber()
                    .equals(two.get(60, TimeUnit.SECONDS).getSequenceNumber())) return stored;
        }
    }

    static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void aggregatedRecordsArriveOverASplit() throws Exception {
        URI server = URI.create(System.getenv("AWS_ENDPOINT_URL"));
        String stream = "kpl-" + UUID.randomUUID();
        try (KinesisClient k = KinesisClient.create()) {
            k.createStream(b -> b.streamName(stream).shardCount(1));
            Streams.untilActive(k, stream);
            KinesisProducer producer = new KinesisProducer(new KinesisProducerConfiguration()
                    .setKinesisEndpoint(server.getHost()).setKinesisPort(server.getPort())
                    .setCloudwatchEndpoint(server.getHost()).setCloudwatchPort(server.getPort())
                    .setMetricsLevel("detailed").setMetricsNamespace(stream)
                    .setMetricsUploadDelay(500).setVerifyCertificate(false)
                    .setRegion(System.getenv("AWS_REGION")).setRecordMaxBufferedTime(50));
            int early = untilAggregating(producer, stream);
            put(producer, stream, 0);
            int aggregated = read(k, stream, "shardId-000000000000").size() - early;
            assertTrue(aggregated < PART, aggregated + " records stored: nothing was aggregated");
            k.splitShard(b -> b.streamName(stream).shardToSplit("shardId-000000000000")
                    .newStartingHashKey("170141183460469231731687303715884105728"));
            put(producer, stream, PART);
            toldCloudWatch(stream, early + 1 + 2 * PART); // the last of the early pairs was one
            producer.destroy();

            int stored = -early;
            Map<String, List<Integer>> heard = new HashMap<>();
            for (Shard shard : k.listShards(b -> b.streamName(stream)).shards()) {
                List<KinesisClientRecord> records = read(k, stream, shard.shardId());
                stored += records.size();
                // As KCL does it: what an aggregate carries for other shards is theirs. KPL puts
                // that there again when it sees that a shard was split.
                for (KinesisClientRecord record : new AggregatorUtil().deaggregate(records,
                        shard.hashKeyRange().startingHashKey(),
                        shard.hashKeyRange().endingHashKey())) {
                    if (record.partitionKey().equals("early")) continue;
                    String text = StandardCharsets.UTF_8.decode(record.data()).toString();
                    heard.computeIfAbsent(record.partitionKey(), key -> new ArrayList<>())
                            .add(Integer.parseInt(text));
                }
            }
            // While it learns of the split it knows no shards again, and puts record by record.
            assertTrue(stored < 2 * PART, stored + " records stored for " + 2 * PART);
            for (int key = 0; key < KEYS; key++) {
                int first = key;
                List<Integer> wanted = IntStream.range(0, 2 * PART)
                        .filter(n -> n % KEYS == first).boxed().toList();
                assertEquals(wanted, heard.get("key-" + key).stream().sorted().toList());
            }
            k.deleteStream(b -> b.streamName(stream));
        }
    }

    /** KPL's own metrics: of the stream, and of its shards once more. */
    static void toldCloudWatch(String namespace, double records) throws Exception {
        try (CloudWatchAsyncClient cloudWatch = CloudWatchAsyncClient.create()) {
            Told ofStream = new Told(cloudWatch, namespace, "StreamName");
            Told ofShards = new Told(cloudWatch, namespace, "ShardId", "StreamName");
            assertEquals(records, ofStream.await("UserRecordsPut", records));
            assertEquals(records, ofStream.await("UserRecordsReceived", records));
            assertEquals(records, ofShards.await("UserRecordsPut", records));
        }
    }

    static List<KinesisClientRecord> read(KinesisClient k, String stream, String shard) {
        String iterator = k.getShardIterator(b -> b.streamName(stream).shardId(shard)
                .shardIteratorType(ShardIteratorType.TRIM_HORIZON)).shardIterator();
        List<KinesisClientRecord> records = new ArrayList<>();
        for (GetRecordsResponse answer; iterator != null; iterator = answer.nextShardIterator()) {
            String at = iterator;
            answer = k.getRecords(b -> b.shardIterator(at));
            answer.records().forEach(r -> records.add(KinesisClientRecord.fromRecord(r)));
            if (answer.records().isEmpty()) break;
        }
        return records;
    }
}
