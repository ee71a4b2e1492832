package io.ensrelay.delivery;

import java.time.Duration;

/** The buckets of all latency histograms. */
final class LatencyBuckets {
  static final Duration[] BUCKETS = {
    Duration.ofMillis(2),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(25),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(250),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofMinutes(5),
    Duration.ofHours(1),
    Duration.ofDays(1)
  };

  private LatencyBuckets() {}
}
