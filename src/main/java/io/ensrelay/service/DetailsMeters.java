package io.ensrelay.service;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Measures the cost of a tenant's details. */
final class DetailsMeters {
  private static final String BUDGET = "ens.details.budget";

  private final MeterRegistry registry;
  private final Tags tags;
  private final Counter asked;
  private final Counter saved;
  private final Timer waits;

  /**
   * @param tags of the tenant
   * @param used the part of the budget that is used
   */
  DetailsMeters(MeterRegistry registry, Tags tags, Supplier<Number> used) {
    this.registry = registry;
    this.tags = tags;
    asked =
        Counter.builder("ens.details.asked")
            .description("Devices asked for, once per call")
            .tags(tags)
            .register(registry);
    saved =
        Counter.builder("ens.details.saved")
            .description(
                "Devices not asked for, because an answer for another event was new enough")
            .tags(tags)
            .register(registry);
    waits =
        Timer.builder("ens.details.waits")
            .description("Time that lanes waited for details, the delay included")
            .tags(tags)
            .register(registry);
    // of the tenant's routes before a restart
    Optional.ofNullable(registry.find(BUDGET).tags(tags).gauge()).ifPresent(registry::remove);
    Gauge.builder(BUDGET, used)
        .description("Part of the calls allowed per minute that the last minute took, 0 to 1")
        .tags(tags)
        .register(registry);
  }

  void called(DetailsCall call, int devices, boolean succeeded) {
    asked.increment(devices);
    Counter.builder("ens.details.calls")
        .description("Calls for details, by what they ask and how they end")
        .tags(tags)
        .tag("call", call.text())
        .tag("outcome", succeeded ? "answered" : "failed")
        .register(registry)
        .increment();
  }

  void saved() {
    saved.increment();
  }

  void waited(long nanos) {
    waits.record(nanos, TimeUnit.NANOSECONDS);
  }
}
