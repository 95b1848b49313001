// SPDX-License-Identifier: Apache-2.0
package fors;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.apache.flink.api.common.JobStatus;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.RestartStrategyOptions;
import org.apache.flink.core.execution.JobClient;
import org.apache.flink.runtime.minicluster.MiniCluster;
import org.apache.flink.runtime.minicluster.MiniClusterConfiguration;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/** One MiniCluster for all tests, started before the first and closed after the last. */
class Cluster implements BeforeAllCallback, ExtensionContext.Store.CloseableResource {
    private static final int JOBS_MAX = 8;
    private static final int PARALLELISM = 2;
    private static MiniCluster cluster;

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getRoot().getStore(ExtensionContext.Namespace.GLOBAL)
                .getOrComputeIfAbsent(Cluster.class, key -> start());
    }

    private static Cluster start() {
        try {
            cluster = new MiniCluster(new MiniClusterConfiguration.Builder()
                    .setNumSlotsPerTaskManager(JOBS_MAX * PARALLELISM)
                    .withRandomPorts().build());
            cluster.start();
            return new Cluster();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws Exception {
        cluster.close();
    }

    /** For a job with a checkpoint every 200 ms and one restart. */
    static StreamExecutionEnvironment environment() throws Exception {
        Configuration configuration = new Configuration();
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY, "fixed-delay");
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_ATTEMPTS, 1);
        configuration.set(RestartStrategyOptions.RESTART_STRATEGY_FIXED_DELAY_DELAY,
                Duration.ofMillis(100));
        var rest = cluster.getRestAddress().get();
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createRemoteEnvironment(
                rest.getHost(), rest.getPort(), configuration);
        env.setParallelism(PARALLELISM);
        return env.enableCheckpointing(200);
    }

    /** Waits for the condition, or until the job is over. */
    static void await(JobClient job, String what, BooleanSupplier condition) throws Exception {
        Streams.await(what, () -> condition.getAsBoolean() || status(job).isTerminalState());
    }

    /** Ends a job that runs for ever; throws what has ended it before. */
    static void cancel(JobClient job) throws Exception {
        if (status(job).isTerminalState()) job.getJobExecutionResult().get();
        job.cancel().get();
        Streams.await("the job is cancelled", () -> status(job) == JobStatus.CANCELED);
    }

    private static JobStatus status(JobClient job) {
        try {
            return job.getJobStatus().get(60, TimeUnit.SECONDS);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
