package io.ensrelay.spool;

import io.ensrelay.event.DeviceField;
import io.ensrelay.event.Event;
import io.ensrelay.spool.log.StoredEvent;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an event, a snapshot or an answer of the service says about a device, cut to what the table
 * keeps.
 *
 * @param os empty: it is not said; the same holds for all that is optional
 * @param fields the kept fields that are said
 * @param time of when the state is
 * @param event empty: no event of the device said it
 */
record DeviceState(
    String tenant,
    String id,
    Optional<String> os,
    Optional<String> status,
    Optional<Boolean> compliant,
    Map<DeviceField, Object> fields,
    long time,
    Optional<LastEvent> event) {

  /** Characters; a longer id is not kept. */
  private static final int LONGEST_ID = 300;

  /** How long the service may take to show a change of a device in its answers. */
  private static final long SETTLED_MILLIS = 30_000;

  record LastEvent(String type, long time, long received) {}

  /** Empty: the event is not about a device that the table can keep. */
  static Optional<DeviceState> of(StoredEvent event, Set<DeviceField> kept) {
    Map<String, Object> attributes = event.attributes();
    if (attributes.get("deviceId") instanceof String id
        && id.length() <= LONGEST_ID
        && attributes.get("tenant") instanceof String tenant
        && attributes.get("eventTime") instanceof Long time
        && attributes.get("eventType") instanceof String type
        && !Event.isOwn(type)) {
      return Optional.of(
          new DeviceState(
              tenant,
              id,
              text(attributes.get("deviceOs")),
              type.equals(Event.MISSING)
                  ? Optional.of(Device.MISSING)
                  : text(attributes.get("deviceStatus")),
              Optional.ofNullable((Boolean) attributes.get("deviceCompliant")),
              DeviceJson.ofEvent(event.body(), kept).fields(),
              time,
              Event.isOfResync(type)
                  ? Optional.empty()
                  : Optional.of(new LastEvent(DeviceJson.cut(type), time, event.received()))));
    }
    return Optional.empty();
  }

  /**
   * The state in an answer of the service. It counts as older than it is, by the time that the
   * service may take to show a change; so an event that it may not know yet is not undone.
   *
   * @param asked epoch milliseconds
   * @param json the device
   */
  static Optional<DeviceState> of(
      String tenant, String id, long asked, byte[] json, Set<DeviceField> kept) {
    if (id.length() > LONGEST_ID) {
      return Optional.empty();
    }
    DeviceJson device = DeviceJson.of(json, kept);
    return Optional.of(
        new DeviceState(
            tenant,
            id,
            device.os(),
            device.status(),
            device.compliant(),
            device.fields(),
            asked - SETTLED_MILLIS,
            Optional.empty()));
  }

  private static Optional<String> text(Object value) {
    return value instanceof String text ? Optional.of(DeviceJson.cut(text)) : Optional.empty();
  }

  /** The device in memory. */
  long key() {
    return DeviceTimes.key(tenant, id);
  }

  /**
   * What is known after another state of the device, stored later: the state of the later time
   * counts, and so does the event of the later time. A field that is not said keeps its value, only
   * a missing device is no longer missing.
   */
  DeviceState then(DeviceState next) {
    boolean isNewer = next.time >= time;
    Map<DeviceField, Object> all = new EnumMap<>(DeviceField.class);
    all.putAll(fields);
    if (isNewer) {
      all.putAll(next.fields);
    }
    return new DeviceState(
        tenant,
        id,
        isNewer && next.os.isPresent() ? next.os : os,
        isNewer
            ? next.status.or(() -> status.filter(last -> !last.equals(Device.MISSING)))
            : status,
        isNewer && next.compliant.isPresent() ? next.compliant : compliant,
        all,
        Math.max(time, next.time),
        newer(next.event));
  }

  private Optional<LastEvent> newer(Optional<LastEvent> next) {
    boolean isOlder =
        event.isPresent() && next.isPresent() && next.get().time() < event.get().time();
    return next.isEmpty() || isOlder ? event : next;
  }
}
