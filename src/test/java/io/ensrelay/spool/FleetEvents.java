package io.ensrelay.spool;

import io.ensrelay.event.Event;
import io.ensrelay.event.EventSplitter;
import io.ensrelay.spool.log.LogEntry;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Events of devices, from the messages in {@code messages/fleet-*.json}. */
public final class FleetEvents {
  /** Of the first event in the tests. */
  public static final long NOON = 1_795_003_200_000L;

  private FleetEvents() {}

  /** A check-in with all fields. */
  public static LogEntry checkIn(String tenant, String device, long time) throws Exception {
    return entry(tenant, "fleet-device.json", "device.check_in", device, time);
  }

  /** A wiped device, of which the service says little. */
  public static LogEntry wiped(String tenant, String device, long time) throws Exception {
    return entry(tenant, "fleet-wiped.json", "device.wiped", device, time);
  }

  /** A snapshot of a device, or another event of a resync. */
  public static LogEntry ofResync(String tenant, String type, String device, long time)
      throws Exception {
    return entry(tenant, "fleet-device.json", type, device, time);
  }

  static LogEntry entry(String tenant, String file, String type, String device, long time)
      throws Exception {
    String message =
        message(file)
            .replace("EVENT", type)
            .replace("DEVICE", device)
            .replace("TIME", Long.toString(time));
    Event event =
        new EventSplitter(tenant)
            .split(type.replace('.', '/'), null, message.getBytes(StandardCharsets.UTF_8))
            .get(0);
    return new LogEntry(time + 1, event.attributes(), event.json(), Optional.empty());
  }

  /** The message in a file, without its line break. */
  public static String message(String file) throws Exception {
    try (InputStream in = FleetEvents.class.getResourceAsStream("/messages/" + file)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8).strip();
    }
  }
}
