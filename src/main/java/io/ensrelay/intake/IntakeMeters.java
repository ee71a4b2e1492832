package io.ensrelay.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

/** Meters of the intake, since the start of the process. */
final class IntakeMeters {
  final Counter received;
  final Counter redelivered;
  final Counter acknowledged;
  final Counter reconnects;
  final Counter gaps;

  /**
   * @param tags the tenant's; none if the relay has only one
   */
  IntakeMeters(MeterRegistry registry, Tags tags) {
    received = counter(registry, tags, "ens.messages.received", "Messages taken from the service");
    redelivered =
        counter(
            registry,
            tags,
            "ens.messages.redelivered",
            "Messages that the service had sent before");
    acknowledged =
        counter(
            registry, tags, "ens.messages.acknowledged", "Messages acknowledged to the service");
    reconnects = counter(registry, tags, "ens.reconnects", "Connections made after the first");
    gaps =
        counter(
            registry, tags, "ens.gaps", "Periods in which events may have been missed for good");
  }

  private static Counter counter(
      MeterRegistry registry, Tags tags, String name, String description) {
    return Counter.builder(name).description(description).tags(tags).register(registry);
  }
}
