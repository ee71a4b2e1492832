package io.ensrelay.intake;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;

/** Meters of the intake, since the start of the process. */
final class IntakeMeters {
  final Counter received;
  final Counter redelivered;
  final Counter acknowledged;
  final Counter reconnects;
  final Counter gaps;

  IntakeMeters(MeterRegistry registry) {
    received = counter(registry, "ens.messages.received", "Messages taken from the service");
    redelivered =
        counter(registry, "ens.messages.redelivered", "Messages that the service had sent before");
    acknowledged =
        counter(registry, "ens.messages.acknowledged", "Messages acknowledged to the service");
    reconnects = counter(registry, "ens.reconnects", "Connections made after the first");
    gaps = counter(registry, "ens.gaps", "Periods in which events may have been missed for good");
  }

  private static Counter counter(MeterRegistry registry, String name, String description) {
    return Counter.builder(name).description(description).register(registry);
  }
}
