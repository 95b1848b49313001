// SPDX-License-Identifier: Apache-2.0
package fors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.amazonaws.services.dynamodbv2.local.main.ServerRunner;
import com.amazonaws.services.dynamodbv2.local.server.DynamoDBProxyServer;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.dynamodb.DynamoDbAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.kinesis.common.ConfigsBuilder;
import software.amazon.kinesis.common.InitialPositionInStream;
import software.amazon.kinesis.common.InitialPositionInStreamExtended;
import software.amazon.kinesis.common.KinesisClientUtil;
import software.amazon.kinesis.coordinator.Scheduler;
import software.amazon.kinesis.lifecycle.events.InitializationInput;
import software.amazon.kinesis.lifecycle.events.LeaseLostInput;
import software.amazon.kinesis.lifecycle.events.ProcessRecordsInput;
import software.amazon.kinesis.lifecycle.events.ShardEndedInput;
import software.amazon.kinesis.lifecycle.events.ShutdownRequestedInput;
import software.amazon.kinesis.processor.ShardRecordProcessor;
import software.amazon.kinesis.processor.SingleStreamTracker;
import software.amazon.kinesis.retrieval.RetrievalSpecificConfig;
import software.amazon.kinesis.retrieval.fanout.FanOutConfig;
import software.amazon.kinesis.retrieval.polling.PollingConfig;

/** KCL 3 or 2, unmodified: a worker reads a stream that is split and merged meanwhile. */
class KclTest {
    static final int KEYS = 7;
    static final int PART = 70;

    static DynamoDBProxyServer leases;
    static DynamoDbAsyncClient dynamo;
    static KinesisAsyncClient kinesis;
    static CloudWatchAsyncClient cloudWatch;

    @BeforeAll
    static void start() throws Exception {
        int port;
        try (ServerSocket free = new ServerSocket(0)) {
            port = free.getLocalPort();
        }
        leases = ServerRunner.createServerFromCommandLineArgs(
                new String[] {"-inMemory", "-disableTelemetry", "-port", "" + port});
        leases.start();
        URI there = URI.create("http://127.0.0.1:" + port);
        dynamo = DynamoDbAsyncClient.builder().endpointOverride(there).build();
        cloudWatch = CloudWatchAsyncClient.create();
        kinesis = KinesisClientUtil.createKinesisAsyncClient(KinesisAsyncClient.builder());
    }

    @AfterAll
    static void stop() throws Exception {
        leases.stop();
    }

    /** What came, by key, in the order in which it came. */
    private final Map<String, List<Integer>> heard = new HashMap<>();
    private final AtomicInteger ended = new AtomicInteger();
    private final AtomicInteger lost = new AtomicInteger();

    synchronized void hear(String key, int number) {
        heard.computeIfAbsent(key, k -> new ArrayList<>()).add(number);
    }

    synchronized int heardCount() {
        return heard.values().stream().mapToInt(List::size).sum();
    }

    class Processor implements ShardRecordProcessor {
        @Override
        public void initialize(InitializationInput input) {}

        @Override
        public void processRecords(ProcessRecordsInput input) {
            input.records().forEach(record -> hear(record.partitionKey(), Integer.parseInt(
                    StandardCharsets.UTF_8.decode(record.data()).toString())));
            checkpoint(() -> input.checkpointer().checkpoint());
        }

        @Override
        public void leaseLost(LeaseLostInput input) {
            lost.incrementAndGet();
        }

        @Override
        public void shardEnded(ShardEndedInput input) {
            checkpoint(() -> input.checkpointer().checkpoint());
            ended.incrementAndGet();
        }

        @Override
        public void shutdownRequested(ShutdownRequestedInput input) {}
    }

    interface Checkpoint {
        void run() throws Exception;
    }

    static void checkpoint(Checkpoint checkpoint) {
        try {
            checkpoint.run();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    static void put(String stream, int first) {
        for (int n = first; n < first + PART; n++) {
            int number = n;
            kinesis.putRecord(b -> b.streamName(stream).partitionKey("key-" + number % KEYS)
                    .data(SdkBytes.fromUtf8String("" + number))).join();
        }
    }

    static List<Shard> openShards(String stream) {
        return kinesis.listShards(b -> b.streamName(stream)).join().shards().stream()
                .filter(s -> s.sequenceNumberRange().endingSequenceNumber() == null).toList();
    }

    void await(int records) throws InterruptedException {
        for (int n = 0; n < 1200 && heardCount() < records; n++) {
            TimeUnit.MILLISECONDS.sleep(50);
        }
        assertEquals(records, heardCount());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aWorkerFollowsAStreamOverSplitAndMerge(boolean fanOut) throws Exception {
        String stream = "kcl-" + UUID.randomUUID();
        kinesis.createStream(b -> b.streamName(stream).shardCount(1)).join();
        Streams.untilActive(kinesis, stream);
        String application = "app-" + UUID.randomUUID();
        Scheduler scheduler = scheduler(application, stream, fanOut);
        Thread worker = new Thread(scheduler, "worker");
        worker.start();

        put(stream, 0);
        await(PART);
        String only = openShards(stream).get(0).shardId();
        kinesis.splitShard(b -> b.streamName(stream).shardToSplit(only)
                .newStartingHashKey("170141183460469231731687303715884105728")).join();
        put(stream, PART);
        Streams.untilActive(kinesis, stream);
        await(2 * PART);
        List<Shard> two = openShards(stream);
        assertEquals(2, two.size());
        kinesis.mergeShards(b -> b.streamName(stream).shardToMerge(two.get(0).shardId())
                .adjacentShardToMerge(two.get(1).shardId())).join();
        put(stream, 2 * PART);
        await(3 * PART);

        for (int key = 0; key < KEYS; key++) {
            List<Integer> wanted = new ArrayList<>();
            for (int n = key; n < 3 * PART; n += KEYS) wanted.add(n);
            assertEquals(wanted, heard.get("key-" + key));
        }
        assertEquals(3, ended.get());
        // Who takes a lost lease up again reads the last record before the checkpoint once more.
        double told = new Told(cloudWatch, application, "Operation", "ShardId")
                .await("RecordsProcessed", 3 * PART);
        assertTrue(told >= 3 * PART && told <= 3 * PART + lost.get(), told + " records told");
        scheduler.shutdown();
        worker.join(60_000);
        assertFalse(worker.isAlive());
        kinesis.deleteStream(b -> b.streamName(stream).enforceConsumerDeletion(true)).join();
    }

    Scheduler scheduler(String application, String stream, boolean fanOut) {
        SingleStreamTracker tracker = new SingleStreamTracker(stream,
                InitialPositionInStreamExtended.newInitialPosition(
                        InitialPositionInStream.TRIM_HORIZON));
        ConfigsBuilder configs = new ConfigsBuilder(tracker, application, kinesis, dynamo,
                cloudWatch, "worker", Processor::new);
        RetrievalSpecificConfig retrieval = fanOut
                ? new FanOutConfig(kinesis).streamName(stream).applicationName(application)
                : new PollingConfig(stream, kinesis).idleTimeBetweenReadsInMillis(250);
        return new Scheduler(configs.checkpointConfig(),
                configs.coordinatorConfig().parentShardPollIntervalMillis(200)
                        .shardConsumerDispatchPollIntervalMillis(100),
                configs.leaseManagementConfig().failoverTimeMillis(2000)
                        .shardSyncIntervalMillis(1000),
                configs.lifecycleConfig(),
                configs.metricsConfig().metricsBufferTimeMillis(500),
                configs.processorConfig(),
                configs.retrievalConfig().retrievalSpecificConfig(retrieval));
    }
}
