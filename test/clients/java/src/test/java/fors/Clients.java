// SPDX-License-Identifier: Apache-2.0
package fors;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import software.amazon.awssdk.awscore.retry.AwsRetryStrategy;
import software.amazon.awssdk.core.client.config.ClientOverrideConfiguration;
import software.amazon.awssdk.http.Protocol;
import software.amazon.awssdk.http.apache.ApacheHttpClient;
import software.amazon.awssdk.http.nio.netty.NettyNioAsyncHttpClient;
import software.amazon.awssdk.http.urlconnection.UrlConnectionHttpClient;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;
import software.amazon.awssdk.services.kinesis.model.LimitExceededException;

/** The SDK's clients, each as it comes, behind the interface of the synchronous one. */
enum Clients {
    /** HTTP/2 by prior knowledge: Netty's way for Kinesis. */
    NETTY(() -> waiting(netty(Protocol.HTTP2))),
    NETTY_HTTP_1(() -> waiting(netty(Protocol.HTTP1_1))),
    APACHE(() -> KinesisClient.builder().overrideConfiguration(patient())
            .httpClientBuilder(ApacheHttpClient.builder()).build()),
    URL_CONNECTION(() -> KinesisClient.builder().overrideConfiguration(patient())
            .httpClientBuilder(UrlConnectionHttpClient.builder()).build());

    private final Supplier<KinesisClient> build;
    private KinesisClient client;

    Clients(Supplier<KinesisClient> build) {
        this.build = build;
    }

    /** The one client of its kind, for the whole run: Netty's takes two seconds to close. */
    KinesisClient client() {
        if (client == null) client = build.get();
        return client;
    }

    /**
     * The tests run side by side, and the control plane has rates: this SDK does not try again by
     * itself when one is exceeded.
     */
    private static ClientOverrideConfiguration patient() {
        return ClientOverrideConfiguration.builder()
                .retryStrategy(AwsRetryStrategy.standardRetryStrategy().toBuilder()
                        .retryOnException(LimitExceededException.class)
                        .backoffStrategy(BackoffStrategy.exponentialDelay(
                                Duration.ofMillis(100), Duration.ofSeconds(1)))
                        .circuitBreakerEnabled(false).maxAttempts(50).build())
                .build();
    }

    /** The asynchronous client, which alone can subscribe to shards. */
    static KinesisAsyncClient netty(Protocol protocol) {
        return KinesisAsyncClient.builder().overrideConfiguration(patient())
                .httpClientBuilder(NettyNioAsyncHttpClient.builder().protocol(protocol))
                .build();
    }

    /** Each call goes to the asynchronous client's method of the same name and waits for it. */
    private static KinesisClient waiting(KinesisAsyncClient client) {
        return (KinesisClient) Proxy.newProxyInstance(Clients.class.getClassLoader(),
                new Class<?>[] {KinesisClient.class}, (self, method, arguments) -> {
                    Method same = KinesisAsyncClient.class.getMethod(
                            method.getName(), method.getParameterTypes());
                    try {
                        Object answer = same.invoke(client, arguments);
                        return answer instanceof CompletableFuture<?> f ? f.join() : answer;
                    } catch (InvocationTargetException | CompletionException e) {
                        throw e.getCause();
                    }
                });
    }
}
