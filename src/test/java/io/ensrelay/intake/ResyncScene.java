package io.ensrelay.intake;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.ensrelay.base.Platform;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.event.MalformedMessageException;
import io.ensrelay.service.FleetCalls;
import io.ensrelay.service.FleetReader;
import io.ensrelay.spool.KnownFleet;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;

/** A fleet, a log and a clock that moves only when somebody waits. */
final class ResyncScene implements FleetReader.Waits {
  private static final Duration DELAY = Duration.ofSeconds(30);

  final ChangingFleet fleet;

  /** Answers the calls: the fleet, or something that spoils its answers. */
  FleetCalls service;

  final MemoryLog log = new MemoryLog(() -> clock().millis());
  final Path folder;
  private final SplittableRandom random;
  private final PriorityQueue<Arrival> underWay = new PriorityQueue<>();
  private long order;
  private Instant now = Instant.parse("2026-03-01T00:00:00Z");

  /** Whether events arrive; otherwise they are lost for good. */
  boolean connected = true;

  /** Changes of the fleet per second. */
  double rate;

  /** The process ends before the so many-eth wait; 0: it does not. */
  int killedAt;

  /** An event on its way. */
  private record Arrival(Instant at, long order, String message) implements Comparable<Arrival> {
    @Override
    public int compareTo(Arrival other) {
      int byTime = at.compareTo(other.at);
      return byTime != 0 ? byTime : Long.compare(order, other.order);
    }
  }

  /** The end of the process. */
  static final class Killed extends Error {
    private static final long serialVersionUID = 1L;
  }

  ResyncScene(Path folder, int devices, long seed, long lagMillis) {
    this.folder = folder;
    random = new SplittableRandom(seed + 1);
    fleet = new ChangingFleet(devices, seed, lagMillis, () -> now);
    fleet.events = this::happened;
    service = fleet;
  }

  Clock clock() {
    InstantSource source = () -> now;
    return source.withZone(ZoneOffset.UTC);
  }

  private void happened(String type, ObjectNode device) {
    if (connected) {
      String message =
          "{\"timestamp\":%s,\"eventType\":\"%s\",\"devices\":[%s]}"
              .formatted(now.toEpochMilli(), type, device);
      Instant last = underWay.stream().map(Arrival::at).max(Instant::compareTo).orElse(now);
      Instant at = now.plusMillis(random.nextInt(3000));
      underWay.add(new Arrival(at.isBefore(last) ? last : at, order++, message));
    }
  }

  @Override
  public void pass(long nanos) {
    if (killedAt > 0 && --killedAt == 0) {
      throw new Killed();
    }
    Instant until = now.plusNanos(nanos);
    while (now.isBefore(until)) {
      now = now.plusMillis(Math.min(500, Math.max(1, Duration.between(now, until).toMillis())));
      if (random.nextDouble() < rate / 2) {
        fleet.change(false);
      }
      deliver(now);
    }
  }

  /** The events under way arrive. */
  void settle() {
    deliver(Instant.MAX);
  }

  private void deliver(Instant until) {
    while (!underWay.isEmpty() && !underWay.peek().at().isAfter(until)) {
      try {
        log.store(
            new EventSplitter("default")
                .split(
                    "device/x",
                    null,
                    underWay.remove().message().getBytes(StandardCharsets.UTF_8)));
      } catch (MalformedMessageException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  /** Events are missed for a while; returns when it ends. */
  Instant gap(int changes) {
    settle();
    connected = false;
    for (int i = 0; i < changes; i++) {
      now = now.plusMillis(random.nextInt(200));
      fleet.change(true);
    }
    connected = true;
    return now;
  }

  /** Begins a resync and works to its end, also after kills. */
  ResyncState resync(ResyncRequest request, Instant notBefore)
      throws IOException, InterruptedException {
    ResyncState state = ResyncState.next(ResyncState.read(folder), request, now);
    state.notBefore = notBefore.plus(DELAY).toEpochMilli();
    state.write(folder);
    while (true) {
      try {
        return goOn();
      } catch (Killed e) {
        log.restart();
        now = now.plusSeconds(random.nextInt(60));
      }
    }
  }

  ResyncState resync() throws IOException, InterruptedException {
    return resync(request(false), Instant.EPOCH);
  }

  static ResyncRequest request(boolean all) {
    return new ResyncRequest("test", List.of("ACTIVE"), Optional.empty(), all);
  }

  private ResyncState goOn() throws IOException, InterruptedException {
    ResyncState state = ResyncState.read(folder).orElseThrow();
    Platform platform =
        new Platform(
            clock(),
            () -> Duration.between(Instant.EPOCH, now).toNanos(),
            (name, work) -> new Thread(work));
    try (KnownFleet known = new KnownFleet(folder.resolve("fleet.db"))) {
      new ResyncWork(
              state,
              folder,
              new ResyncSettings("default", DELAY, Set.of()),
              new ResyncMeters(new SimpleMeterRegistry(), Tags.empty(), state),
              new ResyncTurns())
          .go(new FleetReader(service, 30, platform, this), known, log, platform, this);
    }
    return state;
  }
}
