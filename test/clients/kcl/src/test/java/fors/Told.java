// SPDX-License-Identifier: Apache-2.0
package fors;

import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.DoubleStream;
import software.amazon.awssdk.services.cloudwatch.CloudWatchAsyncClient;
import software.amazon.awssdk.services.cloudwatch.model.Dimension;
import software.amazon.awssdk.services.cloudwatch.model.Metric;
import software.amazon.awssdk.services.cloudwatch.model.MetricDataQuery;

/** What a library has told fors' CloudWatch of its own work. */
class Told {
    private final CloudWatchAsyncClient cloudWatch;
    private final String namespace;
    private final List<String> dimensions;

    /** Of the metrics in a namespace that have just these dimensions, sorted by name. */
    Told(CloudWatchAsyncClient cloudWatch, String namespace, String... dimensions) {
        this.cloudWatch = cloudWatch;
        this.namespace = namespace;
        this.dimensions = Arrays.asList(dimensions);
    }

    /** The sum of all metrics of that name over the last minutes. */
    double sum(String name) {
        return cloudWatch.listMetrics(b -> b.namespace(namespace).metricName(name)).join()
                .metrics().stream().filter(this::isMeant).flatMapToDouble(this::values).sum();
    }

    /** The sum once it is that high; what it is after a minute when it doesn't come to that. */
    double await(String name, double wanted) throws InterruptedException {
        for (int n = 0; n < 600 && sum(name) < wanted; n++) TimeUnit.MILLISECONDS.sleep(100);
        return sum(name);
    }

    private boolean isMeant(Metric metric) {
        return metric.dimensions().stream().map(Dimension::name).sorted().toList()
                .equals(dimensions);
    }

    private DoubleStream values(Metric metric) {
        MetricDataQuery query = MetricDataQuery.builder().id("m")
                .metricStat(b -> b.metric(metric).period(60).stat("Sum")).build();
        Instant now = Instant.now();
        return cloudWatch.getMetricData(b -> b.metricDataQueries(query)
                .startTime(now.minus(Duration.ofMinutes(10)))
                .endTime(now.plus(Duration.ofMinutes(2)))).join().metricDataResults().stream()
                .flatMap(result -> result.values().stream())
                .mapToDouble(Double::doubleValue);
    }
}
