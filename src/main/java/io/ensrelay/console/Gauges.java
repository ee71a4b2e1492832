package io.ensrelay.console;

import io.ensrelay.spool.DestinationStatus;
import io.ensrelay.spool.Devices;
import io.ensrelay.spool.SpoolView;
import io.ensrelay.spool.log.EventLog;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** The meters that are measured on demand; the stages have the counters. */
final class Gauges implements AutoCloseable {
  private static final String DESTINATION = "destination";

  private final Overview overview;
  private final TenantGauges tenants;
  private final JvmGcMetrics collections = new JvmGcMetrics();
  private final MultiGauge backlog;
  private final MultiGauge oldest;
  private final MultiGauge stalled;
  private final MultiGauge refused;
  private final MultiGauge slow;
  private final MultiGauge paused;
  private final MultiGauge deadLetters;

  Gauges(MeterRegistry meters, Overview overview) {
    this.overview = overview;
    tenants = new TenantGauges(meters, overview);
    gauge(
        meters,
        "ens.spool.up",
        "1 while the spool takes events",
        null,
        () -> overview.spool().state().map(s -> s == EventLog.State.RUNNING ? 1 : 0).orElse(0));
    gauge(
        meters,
        "ens.routes.problems",
        "Mistakes in route files that keep a change from taking effect",
        null,
        () -> overview.routes().problems().size());
    overview.spool().devices().ifPresent(table -> devices(meters, table));
    backlog =
        MultiGauge.builder("ens.destination.backlog")
            .description("Events that wait for a destination")
            .register(meters);
    oldest =
        MultiGauge.builder("ens.destination.oldest")
            .description("Time since the receipt of the oldest event that waits; 0: none does")
            .baseUnit("seconds")
            .register(meters);
    stalled =
        MultiGauge.builder("ens.destination.stalled")
            .description("1 while a destination can't deliver and tries again")
            .register(meters);
    refused =
        MultiGauge.builder("ens.destination.refused")
            .description("1 while a destination refuses all events and is tried again slowly")
            .register(meters);
    slow =
        MultiGauge.builder("ens.destination.slow")
            .description("1 while one try of a destination to deliver is under way for 30 s")
            .register(meters);
    paused =
        MultiGauge.builder("ens.destination.paused")
            .description("1 while somebody has paused a destination")
            .register(meters);
    deadLetters =
        MultiGauge.builder("ens.dead.letters")
            .description("Dead letters there are, of a destination or of the intake")
            .register(meters);
    new JvmMemoryMetrics().bindTo(meters);
    new JvmThreadMetrics().bindTo(meters);
    new ProcessorMetrics().bindTo(meters);
    new FileDescriptorMetrics().bindTo(meters);
    new UptimeMetrics().bindTo(meters);
    collections.bindTo(meters);
  }

  private static void devices(MeterRegistry meters, Devices table) {
    gauge(meters, "ens.devices", "Devices in the table of devices", null, table::known);
    FunctionCounter.builder("ens.events.late", table, Devices::late)
        .description("Events stored after an event of their device with a later time")
        .register(meters);
  }

  private static void gauge(
      MeterRegistry meters, String name, String description, String unit, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).baseUnit(unit).register(meters);
  }

  /**
   * Adds and removes gauges as destinations come and go. Call it before each read; threads: any.
   */
  synchronized void refresh() {
    tenants.refresh();
    Instant now = Instant.now();
    List<MultiGauge.Row<?>> backlogs = new ArrayList<>();
    List<MultiGauge.Row<?>> ages = new ArrayList<>();
    List<MultiGauge.Row<?>> letters = new ArrayList<>();
    List<DestinationStatus> destinations = overview.destinations();
    overview
        .contents()
        .ifPresent(
            contents -> {
              for (SpoolView.Backlog each : contents.backlogs()) {
                Tags tags = Tags.of(DESTINATION, each.destination());
                backlogs.add(MultiGauge.Row.of(tags, each.events()));
                ages.add(MultiGauge.Row.of(tags, age(each, destinations, now)));
              }
              for (Map.Entry<String, Long> each : contents.deadLetters().entrySet()) {
                letters.add(
                    MultiGauge.Row.of(Tags.of(DESTINATION, each.getKey()), each.getValue()));
              }
            });
    backlog.register(backlogs, true);
    oldest.register(ages, true);
    deadLetters.register(letters, true);
    stalled.register(each(destinations, status -> status.stall().isPresent()), true);
    refused.register(
        each(
            destinations,
            status -> status.stall().filter(DestinationStatus.Stall::isRefusal).isPresent()),
        true);
    slow.register(each(destinations, status -> status.slowSince().isPresent()), true);
    paused.register(each(destinations, DestinationStatus::paused), true);
  }

  private static List<MultiGauge.Row<?>> each(
      List<DestinationStatus> destinations, Predicate<DestinationStatus> is) {
    List<MultiGauge.Row<?>> rows = new ArrayList<>();
    destinations.forEach(
        each ->
            rows.add(MultiGauge.Row.of(Tags.of(DESTINATION, each.name()), is.test(each) ? 1 : 0)));
    return rows;
  }

  private static long age(
      SpoolView.Backlog backlog, List<DestinationStatus> destinations, Instant now) {
    return destinations.stream()
        .filter(each -> each.name().equals(backlog.destination()))
        .findFirst()
        .flatMap(DestinationStatus::underWay)
        .or(backlog::oldest)
        .map(time -> Math.max(0, Duration.between(time, now).toSeconds()))
        .orElse(0L);
  }

  @Override
  public void close() {
    collections.close();
  }
}
