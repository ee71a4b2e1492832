package io.ensrelay.spool;

import io.ensrelay.event.DeviceField;
import io.ensrelay.event.Event;
import io.ensrelay.spool.log.StoredEvent;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The state of a device by an event, a snapshot or an answer of the service; only the part that the
 * table keeps.
 *
 * @param os empty: unknown, like every other empty value
 * @param fields the kept fields that are known
 * @param time of the state
 * @param event empty: it comes from no event of the device
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
   * The state in an answer of the service. It is dated back by the time that the service may take
   * to show a change, so that it does not undo an event that it may not show yet.
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

  /** The device's key in {@link DeviceTimes}. */
  long key() {
    return DeviceTimes.key(tenant, id);
  }

  /**
   * Merges this state with one that was stored later: the state with the later time counts, and the
   * event with the later time. An unknown field keeps its value, but a missing device is no longer
   * missing.
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
