package io.ensrelay.delivery;

import io.ensrelay.event.Event;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
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
  private final boolean byTenant;
  private final Map<Of, Counter> byKey = new ConcurrentHashMap<>();
  private final Counter copies;
  private final Timer latency;

  /** Whose events a counter counts. */
  private record Of(String tenant, String key) {
    Tags tags() {
      return tenant.isEmpty() ? Tags.empty() : Tags.of("tenant", tenant);
    }
  }

  /**
   * @param byTenant whether each tenant's events are counted on their own
   */
  StoreMeters(MeterRegistry registry, boolean byTenant) {
    this.registry = registry;
    this.byTenant = byTenant;
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
    String tenant = byTenant ? event.tenant() : "";
    Of key = new Of(tenant, event.key().orElse(OTHER));
    Counter counter = byKey.get(key);
    if (counter == null) {
      Of known = isRoomFor(tenant) ? key : new Of(tenant, OTHER);
      counter = byKey.computeIfAbsent(known, this::counter);
    }
    counter.increment();
    latency.record(Math.max(0, System.currentTimeMillis() - received), TimeUnit.MILLISECONDS);
  }

  private boolean isRoomFor(String tenant) {
    return byKey.keySet().stream().filter(each -> each.tenant().equals(tenant)).count() < MOST_KEYS;
  }

  private Counter counter(Of of) {
    return Counter.builder("ens.events.stored")
        .description("Events stored, by the metadata key of their topic")
        .tag("key", of.key())
        .tags(of.tags())
        .register(registry);
  }
}
