package io.ensrelay.spool;

import io.ensrelay.event.DeviceField;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * The last known state of a device. Its texts come from outside: do not trust them.
 *
 * @param row its position in the table; rises with each new device and is never reused
 * @param id the device's id in events
 * @param fields the kept fields that are known, in order: Strings, Booleans, and Longs for times
 * @param stateTime time of the state: that of the newest event, snapshot or details
 * @param lastEvent empty: it is known from snapshots only
 */
public record Device(
    long row,
    String tenant,
    String id,
    Optional<String> os,
    Optional<String> status,
    Optional<Boolean> compliant,
    Map<DeviceField, Object> fields,
    Instant stateTime,
    Optional<LastEvent> lastEvent) {
  /** Status of a device that the service no longer knows, by {@code device.missing}. */
  public static final String MISSING = "MISSING";

  /** The newest event of a device. */
  public record LastEvent(String type, Instant time, Instant received) {}

  /**
   * When it was last seen: its last check-in; if that is unknown, the time of its last event, or of
   * its state.
   */
  public Instant lastSeen() {
    return fields.get(DeviceField.LAST_CHECK_IN_TIME) instanceof Long time
        ? Instant.ofEpochMilli(time)
        : lastEvent.map(LastEvent::time).orElse(stateTime);
  }
}
