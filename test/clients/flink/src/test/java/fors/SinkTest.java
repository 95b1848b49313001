// SPDX-License-Identifier: Apache-2.0
package fors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Properties;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.flink.api.common.serialization.SimpleStringSchema;
import org.apache.flink.connector.kinesis.sink.KinesisStreamsSink;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.kinesis.model.Record;

/**
 * The connector's sink, unmodified, writes batches of twice what the shard takes in a second: what
 * was refused comes again, what was taken does not.
 */
@ExtendWith(Cluster.class)
class SinkTest {
    static final int RECORDS = 1000;
    static final String PADDING = " ".repeat(4000);

    @ParameterizedTest
    @ValueSource(strings = {"HTTP1_1", "HTTP2"})
    void whatASinkWritesIsThereOnce(String protocol) throws Exception {
        try (Streams stream = new Streams("sink", 1)) {
            Properties properties = Streams.properties();
            properties.setProperty("aws.http.protocol.version", protocol);
            KinesisStreamsSink<String> sink = KinesisStreamsSink.<String>builder()
                    .setStreamName(stream.name).setKinesisClientProperties(properties)
                    .setSerializationSchema(new SimpleStringSchema())
                    .setPartitionKeyGenerator(text -> "key-" + text.strip()).build();
            StreamExecutionEnvironment env = Cluster.environment();
            env.fromSequence(0, RECORDS - 1).map(number -> number + PADDING).sinkTo(sink);
            JobClient job = env.executeAsync("sink");
            job.getJobExecutionResult().get(60, TimeUnit.SECONDS);

            List<Record> records = stream.read();
            assertEquals(IntStream.range(0, RECORDS).boxed().toList(), records.stream()
                    .map(r -> Integer.parseInt(r.data().asUtf8String().strip())).sorted().toList());
            for (Record record : records) {
                assertEquals("key-" + record.data().asUtf8String().strip(), record.partitionKey());
            }
            assertTrue(stream.refusals() > 0, "the shard took all at once");
        }
    }
}
