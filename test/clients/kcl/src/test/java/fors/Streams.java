// SPDX-License-Identifier: Apache-2.0
package fors;

import java.time.Duration;
import software.amazon.awssdk.core.waiters.WaiterOverrideConfiguration;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** What both tests do with streams. */
class Streams {
    static void untilActive(KinesisClient k, String stream) {
        k.waiter().waitUntilStreamExists(b -> b.streamName(stream), Streams::patiently);
    }

    static void untilActive(KinesisAsyncClient k, String stream) {
        k.waiter().waitUntilStreamExists(b -> b.streamName(stream), Streams::patiently).join();
    }

    /** DescribeStream, which the waiters call, has ten calls a second, for all tests at once. */
    private static void patiently(WaiterOverrideConfiguration.Builder waiter) {
        waiter.maxAttempts(300)
                .backoffStrategyV2(BackoffStrategy.fixedDelay(Duration.ofMillis(500)));
    }
}
