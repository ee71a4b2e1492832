package io.ensrelay.spool;

import io.ensrelay.event.DeviceDigest;
import io.ensrelay.event.Event;
import io.ensrelay.spool.log.LogView;
import io.ensrelay.spool.log.LogView.Wanted;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads in the event log what the events of a tenant say about its devices, and records it in a
 * {@link KnownFleet}. To read the same events again changes nothing. Threads: one.
 */
public final class FleetLog {
  /** Most events in memory. */
  private static final int TOGETHER = 10_000;

  private final String tenant;
  private final KnownFleet fleet;
  private final Set<String> ignored;
  private final List<Told> told = new ArrayList<>();
  private boolean reached;
  private Optional<IOException> failure = Optional.empty();

  /**
   * What an event says of its device.
   *
   * @param state empty: that it is missing
   */
  private record Told(String id, Optional<DeviceDigest> state, long time) {}

  /**
   * @param ignored fields that do not count in the digests
   */
  public FleetLog(String tenant, KnownFleet fleet, Set<String> ignored) {
    this.tenant = tenant;
    this.fleet = fleet;
    this.ignored = ignored;
  }

  /**
   * Records all events received since a time, and some before it.
   *
   * @param from reads the events received since then
   * @param mark id of an event stored at that time or before it
   * @return whether the log reaches back to the wanted time: it has the mark, or an older event
   */
  public boolean record(LogView log, Instant since, Instant from, String mark)
      throws IOException, InterruptedException {
    reached = false;
    failure = Optional.empty();
    told.clear();
    long start = since.toEpochMilli();
    log.events(
        new Wanted(
            Optional.of(from),
            Optional.empty(),
            attributes -> tenant.equals(attributes.get("tenant"))),
        event -> {
          reached |= event.received() < start || mark.equals(event.attributes().get("eventId"));
          return take(event);
        });
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    if (failure.isPresent()) {
      throw failure.get();
    }
    flush();
    return reached;
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
