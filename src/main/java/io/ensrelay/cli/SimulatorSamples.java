package io.ensrelay.cli;

import io.ensrelay.runtime.DestinationTestSamples;
import io.ensrelay.simulator.EventKind;
import io.ensrelay.simulator.Fleet;
import io.ensrelay.simulator.FleetEvent;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * Messages of the simulated service as samples of destination tests: of iPhones and iPads, unless a
 * test overrides that.
 */
final class SimulatorSamples implements DestinationTestSamples {
  private static final int DEVICES = 100;

  /** So many for each number: one of them has such a device. */
  private static final long FLEETS = 100;

  private static final String IPHONE = "\"os\":\"IOS\"";
  private static final Instant BEGIN = Instant.parse("2026-01-01T12:00:00Z");

  @Override
  public Set<String> names() {
    return Arrays.stream(EventKind.values())
        .map(SimulatorSamples::name)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  private static String name(EventKind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  @Override
  public Optional<Sample> of(String name, int number) {
    return Arrays.stream(EventKind.values())
        .filter(kind -> name(kind).equals(name))
        .findFirst()
        .flatMap(kind -> message(kind, number))
        .map(event -> new Sample(event.key(), event.topicTail(), event.payload()));
  }

  /** A fleet of its own for each number, of which the devices differ. */
  private static Optional<FleetEvent> message(EventKind kind, int number) {
    int enrolled = kind == EventKind.ENROLLED ? DEVICES / 2 : DEVICES;
    return LongStream.range(number * FLEETS, (number + 1) * FLEETS)
        .mapToObj(seed -> new Fleet(DEVICES, enrolled, seed, BEGIN))
        .flatMap(fleet -> fleet.next(kind, BEGIN.plusSeconds(number)).stream())
        .filter(event -> new String(event.payload(), StandardCharsets.UTF_8).contains(IPHONE))
        .findFirst();
  }
}
