package io.ensrelay.spool.log;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;

/** How the tests of the log make it and its events. */
final class Logs {
  /** The time that the log has. */
  final AtomicLong millis = new AtomicLong(1_000_000);

  Duration keep = Duration.ofHours(1);
  long keepBytes = 1L << 40;
  long reserve = 1000;
  int ids = 100_000;
  long tailBytes = 1L << 20;
  long segmentBytes = 1L << 20;

  LogOptions options() {
    return new LogOptions(
        keep,
        keepBytes,
        reserve,
        ids,
        tailBytes,
        segmentBytes,
        text -> {
          if (text.startsWith("?")) {
            throw new IllegalArgumentException("no selector: " + text);
          }
          return attributes -> text.equals(attributes.get("eventType"));
        },
        Logs::gap,
        clock());
  }

  private Clock clock() {
    InstantSource source = () -> Instant.ofEpochMilli(millis.get());
    return source.withZone(ZoneOffset.UTC);
  }

  /** Its id says which events it stands for. */
  private static LogEntry gap(Damage damage) {
    return new LogEntry(
        0,
        Map.of("eventId", "gap " + damage.from() + " " + damage.to(), "eventType", "gap"),
        new byte[0],
        Optional.empty());
  }

  LogEntry entry(String id, String device, String type, Optional<String> destination, int bytes) {
    byte[] body = new byte[bytes];
    byte[] text = id.getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < bytes; i++) {
      body[i] = text[i % text.length];
    }
    return new LogEntry(
        millis.get(),
        Map.of("eventId", id, "deviceId", device, "eventType", type, "eventKey", type),
        body,
        destination);
  }

  LogEntry entry(String id, String device) {
    return entry(id, device, "a", Optional.empty(), 20);
  }

  static String id(StoredEvent event) {
    return (String) event.attributes().get("eventId");
  }
}
