package io.ensrelay.spool.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Events and options for tests of an event log. */
public abstract class EventLogScene {
  protected static final Duration SOON = Duration.ofSeconds(60);
  static final long BASE = System.currentTimeMillis() - 100_000;

  final Logs logs = new Logs();

  protected LogOptions options() {
    return logs.options();
  }

  protected static LogEntry entry(int number, String device, String type) {
    Map<String, Object> attributes = new LinkedHashMap<>();
    attributes.put("eventId", "e" + number);
    attributes.put("deviceId", device);
    attributes.put("eventType", type);
    attributes.put("eventKey", type);
    attributes.put("eventTime", 17L + number);
    attributes.put("deviceCompliant", number % 2 == 0);
    return new LogEntry(
        BASE + number * 1000L,
        attributes,
        ("{\"event\":" + number + "}").getBytes(StandardCharsets.UTF_8),
        Optional.empty());
  }

  protected static List<LogEntry> entries(int from, int to, String type) {
    List<LogEntry> batch = new ArrayList<>();
    for (int i = from; i < to; i++) {
      batch.add(entry(i, "d" + i % 7, type));
    }
    return batch;
  }

  /** Takes and confirms this many events of all lanes. */
  protected static List<StoredEvent> delivered(Cursor cursor, int count) throws Exception {
    List<StoredEvent> all = new ArrayList<>();
    long until = System.nanoTime() + SOON.toNanos();
    while (all.size() < count && System.nanoTime() < until) {
      for (int lane = 0; lane < cursor.lanes(); lane++) {
        Optional<Cursor.Taken> taken = cursor.take(lane, 1);
        if (taken.isPresent()) {
          all.add(taken.get().event());
          cursor.confirm(lane, taken.get());
        }
      }
    }
    return all;
  }

  protected static void assertNothingMore(Cursor cursor) throws Exception {
    for (int lane = 0; lane < cursor.lanes(); lane++) {
      assertEquals(Optional.empty(), cursor.take(lane, 200).map(EventLogContract::id));
    }
  }

  protected static Set<String> ids(List<StoredEvent> events) {
    Set<String> ids = new TreeSet<>();
    events.forEach(event -> ids.add((String) event.attributes().get("eventId")));
    assertEquals(events.size(), ids.size(), () -> "twice in " + events);
    return ids;
  }

  protected static Set<String> ids(int from, int to) {
    Set<String> ids = new TreeSet<>();
    for (int i = from; i < to; i++) {
      ids.add("e" + i);
    }
    return ids;
  }

  protected static void assertInOrderPerDevice(List<StoredEvent> events) {
    Map<Object, Long> last = new HashMap<>();
    for (StoredEvent event : events) {
      long time = (Long) event.attributes().get("eventTime");
      Long before = last.put(event.attributes().get("deviceId"), time);
      assertTrue(before == null || before < time, () -> "out of order: " + event);
    }
  }

  static long number(StoredEvent event) {
    return (Long) event.attributes().get("eventTime") - 17;
  }

  static String id(Cursor.Taken taken) {
    return (String) taken.event().attributes().get("eventId");
  }
}
