package io.ensrelay.spool;

import io.ensrelay.event.DeviceDigest;
import io.ensrelay.event.Event;
import io.ensrelay.spool.log.LogView;
import io.ensrelay.spool.log.LogView.Wanted;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Records in a {@link KnownFleet} the states of a tenant's devices, from the events in the event
 * log. Each call reads from a while before the end of the previous one, because an event may be
 * stored that long after its receipt; still, each event counts once. Threads: one.
 */
public final class FleetRecorder {
  /** Most events in memory. */
  private static final int TOGETHER = 10_000;

  private static final int MOST_IDS = 100_000;
  private static final Duration STORED_WITHIN = Duration.ofMinutes(2);

  private final String tenant;
  private final KnownFleet fleet;
  private final Set<String> ignored;
  private final List<Told> told = new ArrayList<>();

  /** Ids of recorded events that the next call reads again. */
  private final Map<Object, Boolean> recorded =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Object, Boolean> eldest) {
          return size() > MOST_IDS;
        }
      };

  /** Events received until this time are recorded. */
  private Instant until = Instant.MIN;

  private boolean reached;
  private Optional<IOException> failure = Optional.empty();

  /**
   * The state of a device by an event.
   *
   * @param state empty: the device is missing
   */
  private record Told(String id, Optional<DeviceDigest> state, long time) {}

  /**
   * @param ignored fields that do not count in the digests
   */
  public FleetRecorder(String tenant, KnownFleet fleet, Set<String> ignored) {
    this.tenant = tenant;
    this.fleet = fleet;
    this.ignored = ignored;
  }

  /** Whether the last recording is older than this. */
  public boolean isOlderThan(Duration age, Instant now) {
    return now.isAfter(until.plus(age));
  }

  /**
   * Records the events received since a time; later calls record those since the previous call.
   *
   * @param since for the first call
   * @param mark id of an event stored at that time or before it
   * @return whether the log reaches back to the wanted time: it has the mark, or an older event
   */
  public boolean record(LogView log, Instant since, String mark, Instant now)
      throws IOException, InterruptedException {
    boolean isFirst = until.equals(Instant.MIN);
    boolean isDone = false;
    try {
      read(log, isFirst ? since : until, mark, now.minus(STORED_WITHIN).toEpochMilli());
      flush();
      until = now;
      isDone = true;
      return !isFirst || reached;
    } finally {
      if (!isDone) {
        // the next call reads everything again
        recorded.clear();
        told.clear();
        until = Instant.MIN;
      }
    }
  }

  /**
   * @param again the next call reads events received since then again
   */
  private void read(LogView log, Instant from, String mark, long again)
      throws IOException, InterruptedException {
    reached = false;
    failure = Optional.empty();
    long start = from.toEpochMilli();
    log.events(
        new Wanted(
            Optional.of(start == 0 ? from : from.minus(STORED_WITHIN)),
            Optional.empty(),
            attributes -> tenant.equals(attributes.get("tenant"))),
        event -> {
          Object id = event.attributes().get("eventId");
          reached |= event.received() < start || mark.equals(id);
          boolean isKnown = recorded.containsKey(id);
          if (event.received() >= again) {
            recorded.put(id, true);
          }
          return isKnown || take(event);
        });
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (failure.isPresent()) {
      throw failure.get();
    }
  }

  private boolean take(StoredEvent event) {
    try {
      of(event).ifPresent(told::add);
      if (told.size() >= TOGETHER) {
        flush();
      }
    } catch (IOException e) {
      failure = Optional.of(e);
    }
    return failure.isEmpty() && !Thread.currentThread().isInterrupted();
  }

  private Optional<Told> of(StoredEvent event) {
    Map<String, Object> attributes = event.attributes();
    if (!(attributes.get("deviceId") instanceof String id)
        || !(attributes.get("eventTime") instanceof Long time)) {
      return Optional.empty();
    }
    if (Event.MISSING.equals(attributes.get("eventType"))) {
      return Optional.of(new Told(id, Optional.empty(), time));
    }
    try {
      return DeviceDigest.ofEvent(event.body(), ignored)
          .map(state -> new Told(id, Optional.of(state), time));
    } catch (IOException e) {
      // stored events are whole JSON
      return Optional.empty();
    }
  }

  private void flush() throws IOException {
    if (told.isEmpty()) {
      return;
    }
    Map<String, KnownDevice> before = fleet.get(told.stream().map(Told::id).distinct().toList());
    Map<String, Optional<KnownDevice>> now = new LinkedHashMap<>();
    for (Told each : told) {
      KnownDevice known =
          now.getOrDefault(each.id(), Optional.ofNullable(before.get(each.id())))
              .orElseGet(() -> KnownDevice.unknown(each.id(), true));
      now.put(each.id(), after(known, each));
    }
    fleet.put(
        now.values().stream().flatMap(Optional::stream).toList(),
        now.entrySet().stream()
            .filter(each -> each.getValue().isEmpty())
            .map(Map.Entry::getKey)
            .toList());
    told.clear();
  }

  private static Optional<KnownDevice> after(KnownDevice known, Told told) {
    if (told.state().isPresent()) {
      return Optional.of(known.after(told.state().get(), told.time()));
    }
    return told.time() >= known.time() ? Optional.empty() : Optional.of(known);
  }
}
