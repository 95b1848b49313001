// SPDX-License-Identifier: Apache-2.0
package fors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.*;

/** Enhanced fan-out with the asynchronous client: HTTP/2, as KCL and Flink use it, and HTTP/1.1. */
class SubscribeTest {
    static final String FIRST = "shardId-000000000000";

    static SubscribeToShardEvent next(BlockingQueue<SubscribeToShardEvent> events)
            throws InterruptedException {
        SubscribeToShardEvent event = events.poll(20, TimeUnit.SECONDS);
        assertTrue(event != null, "no event within 20 s");
        return event;
    }

    static CompletableFuture<Void> subscribe(KinesisAsyncClient k, String consumer, String shard,
            BlockingQueue<SubscribeToShardEvent> events) {
        return k.subscribeToShard(
                b -> b.consumerARN(consumer).shardId(shard)
                        .startingPosition(p -> p.type(ShardIteratorType.TRIM_HORIZON)),
                SubscribeToShardResponseHandler.builder()
                        .subscriber(SubscribeToShardResponseHandler.Visitor.builder()
                                .onSubscribeToShardEvent(events::add).build())
                        .build());
    }

    static String heard(BlockingQueue<SubscribeToShardEvent> events) throws InterruptedException {
        for (;;) {
            SubscribeToShardEvent event = next(events);
            if (event.hasRecords() && !event.records().isEmpty()) {
                assertEquals(1, event.records().size());
                return event.records().get(0).data().asUtf8String();
            }
        }
    }

    @ParameterizedTest
    @EnumSource(value = Protocol.class, names = {"HTTP1_1", "HTTP2"})
    void recordsArePushedOverASplitToTheChildren(Protocol protocol) throws Exception {
        try (KinesisAsyncClient k = Clients.netty(protocol)) {
            String stream = "java-" + UUID.randomUUID();
            k.createStream(b -> b.streamName(stream).shardCount(1)).join();
            k.waiter().waitUntilStreamExists(b -> b.streamName(stream), o -> o.maxAttempts(100)
                    .backoffStrategyV2(BackoffStrategy.fixedDelay(Duration.ofMillis(50)))).join();
            String arn = k.describeStreamSummary(b -> b.streamName(stream)).join()
                    .streamDescriptionSummary().streamARN();
            String consumer = k.registerStreamConsumer(b -> b.streamARN(arn).consumerName("app"))
                    .join().consumer().consumerARN();
            while (k.describeStreamConsumer(b -> b.consumerARN(consumer)).join()
                    .consumerDescription().consumerStatus() != ConsumerStatus.ACTIVE) {
                TimeUnit.MILLISECONDS.sleep(100); // it may be called 20 times a second
            }

            BlockingQueue<SubscribeToShardEvent> events = new LinkedBlockingQueue<>();
            CompletableFuture<Void> ended = subscribe(k, consumer, FIRST, events);
            put(k, stream, "a");
            assertEquals("a", heard(events));
            k.splitShard(b -> b.streamName(stream).shardToSplit(FIRST).newStartingHashKey("1000"))
                    .join();
            SubscribeToShardEvent end = next(events);
            while (!end.hasChildShards()) end = next(events);
            assertEquals(null, end.continuationSequenceNumber());
            List<String> children = end.childShards().stream().map(ChildShard::shardId).toList();
            assertEquals(List.of("shardId-000000000001", "shardId-000000000002"), children);
            ended.get(20, TimeUnit.SECONDS);

            CompletableFuture<Void> second = subscribe(k, consumer, children.get(1), events);
            put(k, stream, "b");
            assertEquals("b", heard(events));
            second.cancel(true);
            k.deleteStream(b -> b.streamName(stream).enforceConsumerDeletion(true)).join();
        }
    }

    static void put(KinesisAsyncClient k, String stream, String text) {
        k.putRecord(b -> b.streamName(stream).partitionKey("k").data(SdkBytes.fromUtf8String(text)))
                .join();
    }
}
