package io.ensrelay.delivery;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;

/** Meters of one destination. */
final class DestinationMeters {
  private static final String TAG = "destination";

  private final Counter delivered;
  private final Counter retries;
  private final Timer latency;

  DestinationMeters(MeterRegistry registry, String destination) {
    delivered =
        Counter.builder("ens.destination.delivered")
            .description("Events whose route succeeded, without dead letters")
            .tag(TAG, destination)
            .register(registry);
    retries =
        Counter.builder("ens.destination.retries")
            .description("Failed attempts that were retried")
            .tag(TAG, destination)
            .register(registry);
    latency =
        Timer.builder("ens.destination.latency")
            .description("Time from the receipt of a message until its event is delivered")
            .tag(TAG, destination)
            .serviceLevelObjectives(LatencyBuckets.BUCKETS)
            .register(registry);
  }

  void retried() {
    retries.increment();
  }

  /**
   * @param received epoch milliseconds
   */
  void delivered(long received) {
    delivered.increment();
    latency.record(Math.max(0, System.currentTimeMillis() - received), TimeUnit.MILLISECONDS);
  }

  long deliveredCount() {
    return (long) delivered.count();
  }

  long retryCount() {
    return (long) retries.count();
  }
}
