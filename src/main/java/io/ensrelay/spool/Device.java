package io.ensrelay.spool;

import io.ensrelay.event.DeviceField;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What was last seen of a device. Its texts come from outside: do not trust them.
 *
 * @param row its position in the table; rises with each new device and is never reused
 * @param id the device's id in events
 * @param fields the kept fields that are known, in order: Strings, Booleans, and Longs for times
 * @param eventType type of its newest event
 * @param eventTime time of its newest event
 * @param received time of receipt of that event
 */
public record Device(
    long row,
    String tenant,
    String id,
    Optional<String> os,
    Optional<String> status,
    Optional<Boolean> compliant,
    Map<DeviceField, Object> fields,
    String eventType,
    Instant eventTime,
    Instant received) {

  /** When it was last seen: its last check-in; if that is unknown, the time of its last event. */
  public Instant lastSeen() {
    return fields.get(DeviceField.LAST_CHECK_IN_TIME) instanceof Long time
        ? Instant.ofEpochMilli(time)
        : eventTime;
  }
}
