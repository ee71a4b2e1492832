package io.ensrelay.delivery;

import io.ensrelay.event.Event;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Meters of stored events. */
final class StoreMeters {
  /** Limits the values of the tag; the service has some dozens of metadata keys. */
  private static final int MOST_KEYS = 200;

  private static final String OTHER = "other";

  private final MeterRegistry registry;
  private final Map<String, Counter> byKey = new ConcurrentHashMap<>();
  private final Counter copies;
  private final Timer latency;

  StoreMeters(MeterRegistry registry) {
    this.registry = registry;
    copies =
        Counter.builder("ens.events.duplicates")
            .description("Duplicates of stored events, dropped by their id")
            .register(registry);
    latency =
        Timer.builder("ens.store.latency")
            .description("Time from the receipt of a message until its events are on disk")
            .serviceLevelObjectives(LatencyBuckets.BUCKETS)
            .register(registry);
  }

  void copy() {
    copies.increment();
  }

  /**
   * @param received epoch milliseconds
   */
  void stored(Event event, long received) {
    String key = event.key().orElse(OTHER);
    Counter counter = byKey.get(key);
    if (counter == null) {
      counter = byKey.computeIfAbsent(byKey.size() < MOST_KEYS ? key : OTHER, this::counter);
    }
    counter.increment();
    latency.record(Math.max(0, System.currentTimeMillis() - received), TimeUnit.MILLISECONDS);
  }

  private Counter counter(String key) {
    return Counter.builder("ens.events.stored")
        .description("Events stored, by the metadata key of their topic")
        .tag("key", key)
        .register(registry);
  }
}
