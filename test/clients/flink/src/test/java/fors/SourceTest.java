// SPDX-License-Identifier: Apache-2.0
package fors;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.connector.kinesis.source.KinesisStreamsSource;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.kinesis.shaded.software.amazon.awssdk.services.kinesis.model.Record;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.streaming.connectors.kinesis.FlinkKinesisConsumer;
import org.apache.flink.streaming.connectors.kinesis.serialization.KinesisDeserializationSchema;
import org.apache.flink.util.Collector;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The connector's sources, unmodified, read a stream that is split and merged meanwhile. */
@ExtendWith(Cluster.class)
class SourceTest {
    static final int PART = 60;

    /** The consumer with its two ways of reading, and the source of the newer kind, which polls. */
    enum Kind { POLLING, FAN_OUT, SOURCE }

    static Stream<Arguments> jobs() {
        return Stream.of(Kind.values()).flatMap(
                kind -> Stream.of(Arguments.of(kind, false), Arguments.of(kind, true)));
    }

    /** A record as it goes through the job, as one line. */
    record Seen(String shard, BigInteger sequence, String key, int number) {
        static String line(String shard, String sequence, String key, byte[] data) {
            return String.join(" ", shard, sequence, key, new String(data, StandardCharsets.UTF_8));
        }

        static Seen of(String line) {
            String[] parts = line.split(" ");
            return new Seen(parts[0], new BigInteger(parts[1]), parts[2],
                    Integer.parseInt(parts[3]));
        }
    }

    static class ConsumerSchema implements KinesisDeserializationSchema<String> {
        @Override
        public String deserialize(byte[] data, String key, String sequence, long arrived,
                String stream, String shard) {
            return Seen.line(shard, sequence, key, data);
        }

        @Override
        public TypeInformation<String> getProducedType() {
            return Types.STRING;
        }
    }

    static class SourceSchema implements org.apache.flink.connector.kinesis.source.serialization
            .KinesisDeserializationSchema<String> {
        @Override
        public void deserialize(Record record, String stream, String shard,
                Collector<String> output) {
            output.collect(Seen.line(shard, record.sequenceNumber(), record.partitionKey(),
                    record.data().asByteArray()));
        }

        @Override
        public TypeInformation<String> getProducedType() {
            return Types.STRING;
        }
    }

    static DataStream<String> read(StreamExecutionEnvironment env, Kind kind, Streams stream) {
        Properties properties = Streams.properties();
        if (kind == Kind.SOURCE) {
            properties.putAll(Map.of("flink.stream.initpos", "TRIM_HORIZON",
                    "flink.shard.discovery.intervalmillis", "500"));
            Map<String, String> settings = new HashMap<>();
            properties.forEach((name, value) -> settings.put("" + name, "" + value));
            return env.fromSource(KinesisStreamsSource.<String>builder().setStreamArn(stream.arn)
                    .setSourceConfig(Configuration.fromMap(settings))
                    .setDeserializationSchema(new SourceSchema()).build(),
                    WatermarkStrategy.noWatermarks(), "kinesis", Types.STRING);
        }
        properties.putAll(Map.of("flink.stream.initpos", "TRIM_HORIZON",
                "flink.shard.discovery.intervalmillis", "500",
                "flink.shard.getrecords.intervalmillis", "250"));
        if (kind == Kind.FAN_OUT) {
            properties.putAll(Map.of("flink.stream.recordpublisher", "EFO",
                    "flink.stream.efo.consumername", "flink"));
        }
        return env.addSource(
                new FlinkKinesisConsumer<>(stream.name, new ConsumerSchema(), properties));
    }

    @ParameterizedTest
    @MethodSource("jobs")
    void aJobFollowsAStreamOverSplitAndMerge(Kind kind, boolean restart) throws Exception {
        Ledger.View view = new Ledger.View();
        try (Streams stream = new Streams("flink", 2)) {
            Ledger.VIEWS.put(stream.name, view);
            StreamExecutionEnvironment env = Cluster.environment();
            read(env, kind, stream).map(new Ledger(stream.name)).setParallelism(1)
                    .sinkTo(new DiscardingSink<>()).setParallelism(1);
            JobClient job = env.executeAsync(kind + " of " + stream.name);
            try {
                reshardUnder(job, stream, view, restart);
                assertEquals(kind == Kind.FAN_OUT ? 1 : 0, stream.consumers());
            } finally {
                Cluster.cancel(job);
            }
            check(stream, view, restart);
            Streams.await("no consumer is left", () -> stream.consumers() == 0);
        }
    }

    /** Each reshard meets records not read yet; more are put in the middle of it and after. */
    static void reshardUnder(JobClient job, Streams stream, Ledger.View view, boolean restart)
            throws Exception {
        stream.put(PART);
        await(job, stream, view);
        stream.put(PART);
        stream.split();
        stream.put(PART);
        stream.untilActive();
        view.toFail = restart;
        stream.put(PART);
        await(job, stream, view);
        stream.put(PART);
        stream.merge();
        stream.put(PART);
        stream.untilActive();
        stream.put(PART);
        await(job, stream, view);
    }

    static void await(JobClient job, Streams stream, Ledger.View view) throws Exception {
        int records = stream.numbers().size();
        Cluster.await(job, records + " records", () -> view.committed.size() >= records);
    }

    static void check(Streams stream, Ledger.View view, boolean restart) {
        List<Seen> seen = view.committed.stream().map(Seen::of).toList();
        assertEquals(stream.numbers(), seen.stream().map(Seen::number).sorted().toList());
        // Flink may read a child beside its parent: what it promises is each shard's order. What
        // the server promises is that a key's numbers go up over all shards.
        assertEquals(5, seen.stream().map(Seen::shard).distinct().count());
        seen.stream().map(Seen::shard).distinct().forEach(shard -> assertRising(
                seen.stream().filter(s -> s.shard().equals(shard)).toList(), Seen::sequence));
        seen.stream().map(Seen::key).distinct().forEach(key -> assertRising(
                seen.stream().filter(s -> s.key().equals(key))
                        .sorted(Comparator.comparing(Seen::sequence)).toList(), Seen::number));
        assertEquals(restart ? 1 : 0, view.restarts);
        int replayed = view.calls - stream.numbers().size();
        assertTrue(restart ? replayed >= Ledger.LOST : replayed == 0, replayed + " came again");
    }

    static <T extends Comparable<T>> void assertRising(List<Seen> seen,
            Function<Seen, T> by) {
        List<T> values = new ArrayList<>(seen.stream().map(by).toList());
        assertEquals(values.stream().sorted().distinct().toList(), values);
    }
}
