package io.ensrelay.intake;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.ensrelay.event.Event;
import io.ensrelay.spool.log.Damage;
import io.ensrelay.spool.log.LogEntry;
import io.ensrelay.spool.log.LogView;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/** The event log in memory, with the guard that drops overtaken snapshots. */
final class MemoryLog implements ResyncLog, LogView {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final LongSupplier now;
  private final List<StoredEvent> stored = new ArrayList<>();
  private final Set<String> ids = new HashSet<>();
  private Map<String, Long> guard = new HashMap<>();
  private boolean guarded;

  MemoryLog(LongSupplier now) {
    this.now = now;
  }

  @Override
  public LogView view() {
    return this;
  }

  /** As after an end of the process. */
  void restart() {
    guarded = false;
    guard = new HashMap<>();
  }

  /** Deletes old events. */
  void forget() {
    stored.clear();
  }

  @Override
  public BitSet store(List<Event> events) {
    BitSet stale = new BitSet();
    for (int i = 0; i < events.size(); i++) {
      Event event = events.get(i);
      String device = event.device().id().orElse("");
      if (event.type().equals(Event.RESYNC_STARTED)) {
        guarded = true;
      }
      if (Event.isOfResync(event.type())) {
        if (guarded && guard.getOrDefault(device, Long.MIN_VALUE) > event.time()) {
          stale.set(i);
          continue;
        }
      } else {
        guard.merge(device, event.time(), Math::max);
      }
      if (ids.add(event.id())) {
        stored.add(
            StoredEvent.of(
                new LogEntry(now.getAsLong(), event.attributes(), event.json(), Optional.empty()),
                stored.size()));
      }
    }
    return stale;
  }

  List<String> types() {
    return stored.stream().map(event -> (String) event.attributes().get("eventType")).toList();
  }

  /** All that was stored of a device. */
  List<String> of(String device) {
    return stored.stream()
        .filter(event -> device.equals(event.attributes().get("deviceId")))
        .map(event -> event.received() + " " + new String(event.body(), UTF_8))
        .toList();
  }

  long count(String type) {
    return types().stream().filter(type::equals).count();
  }

  /** The data of the last event of a type. */
  JsonNode last(String type) throws IOException {
    JsonNode last = JSON.missingNode();
    for (StoredEvent event : stored) {
      if (type.equals(event.attributes().get("eventType"))) {
        last = JSON.readTree(event.body()).get("data");
      }
    }
    return last;
  }

  /**
   * The active devices, as a receiver knows them that takes events as they come, or leaves out
   * those with an earlier time than it knows.
   */
  TreeMap<String, JsonNode> picture(boolean byTime) throws IOException {
    TreeMap<String, JsonNode> picture = new TreeMap<>();
    Map<String, Long> times = new HashMap<>();
    for (StoredEvent event : stored) {
      if (!(event.attributes().get("deviceId") instanceof String id)) {
        continue;
      }
      long time = (Long) event.attributes().get("eventTime");
      if (byTime && time < times.getOrDefault(id, Long.MIN_VALUE)) {
        continue;
      }
      times.put(id, time);
      JsonNode device = JSON.readTree(event.body()).at("/data/device");
      if (event.attributes().get("eventType").equals(Event.MISSING)
          || !device.path("status").asText().equals("ACTIVE")) {
        picture.remove(id);
      } else {
        picture.put(id, device);
      }
    }
    return picture;
  }

  @Override
  public void events(Wanted wanted, Predicate<StoredEvent> sink) {
    long from = wanted.from().orElseThrow().toEpochMilli();
    for (StoredEvent event : List.copyOf(stored)) {
      if (event.received() >= from
          && wanted.attributes().test(event.attributes())
          && !sink.test(event)) {
        return;
      }
    }
  }

  @Override
  public Content content() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Verified verify(Consumer<Damage> damaged) {
    throw new UnsupportedOperationException();
  }
}
