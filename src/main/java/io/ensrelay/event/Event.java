package io.ensrelay.event;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * One device event as a CloudEvent 1.0 in JSON, with the attributes that routes and selectors use.
 * Immutable, provided that nobody changes the bytes.
 *
 * @param id 32 hex digits, the same for the same message on any machine; never empty
 * @param type the service's {@code eventType}; if it is missing, the topic's tail with dots
 * @param key the metadata key of the message's topic, if it is known
 * @param tenant the tenant the relay runs for
 * @param device the message's data of the device; missing fields are empty
 * @param time epoch milliseconds: the message's {@code timestamp}, else the time of receipt
 * @param json the CloudEvent, UTF-8, on one line
 */
public record Event(
    String id,
    String type,
    Optional<String> key,
    String tenant,
    Device device,
    long time,
    byte[] json) {

  /** The type of the event that reports a {@link Gap}; every destination gets it. */
  public static final String GAP = "relay.gap";

  /** The type of the event that says what the service knows of a device, read by a resync. */
  public static final String SNAPSHOT = "device.snapshot";

  /** The type of the event about a device that a resync no longer finds. */
  public static final String MISSING = "device.missing";

  /** The type of the event before the snapshots of a resync. */
  public static final String RESYNC_STARTED = "relay.resync.started";

  /** The type of the event after the snapshots of a resync. */
  public static final String RESYNC_FINISHED = "relay.resync.finished";

  /** The types of all events of a resync; only destinations that want snapshots get them. */
  public static final Set<String> OF_RESYNC =
      Set.of(SNAPSHOT, MISSING, RESYNC_STARTED, RESYNC_FINISHED);

  /** Whether an event of this type belongs to a resync. */
  public static boolean isOfResync(String type) {
    return OF_RESYNC.contains(type);
  }

  private static final String OWN = "relay.";

  /** Whether an event of this type is the relay's own: no message of the service caused it. */
  public static boolean isOwn(String type) {
    return type.startsWith(OWN);
  }

  /** Header of an event that is delivered again because its destination was rewound. */
  public static final String REPLAY = "eventReplay";

  /** Header of an event that somebody sends to one destination by hand. */
  public static final String TEST = "eventTest";

  /** Attribute of an event that was stored after an event of its device with a later time. */
  public static final String LATE = "eventLate";

  /** The names of all attributes: those of {@link #attributes()} and {@link #LATE}. */
  public static final List<String> ATTRIBUTES =
      List.of(
          "eventId",
          "eventType",
          "eventKey",
          "tenant",
          "deviceId",
          "deviceOs",
          "deviceStatus",
          "deviceCompliant",
          "eventTime",
          LATE);

  public Event {
    if (id.isEmpty() || type.isEmpty()) {
      throw new IllegalArgumentException("an event needs an id and a type");
    }
    Objects.requireNonNull(key);
    Objects.requireNonNull(tenant);
    Objects.requireNonNull(device);
    Objects.requireNonNull(json);
  }

  /**
   * The attributes under the names that routes use: Strings, except {@code deviceCompliant}
   * (Boolean) and {@code eventTime} (Long). Unknown attributes are absent.
   */
  public Map<String, Object> attributes() {
    Map<String, Object> attributes = new LinkedHashMap<>(16);
    attributes.put("eventId", id);
    attributes.put("eventType", type);
    key.ifPresent(k -> attributes.put("eventKey", k));
    attributes.put("tenant", tenant);
    device.id().ifPresent(v -> attributes.put("deviceId", v));
    device.os().ifPresent(v -> attributes.put("deviceOs", v));
    device.status().ifPresent(v -> attributes.put("deviceStatus", v));
    device.compliant().ifPresent(v -> attributes.put("deviceCompliant", v));
    attributes.put("eventTime", time);
    return attributes;
  }

  /**
   * The device data of a message that routes use.
   *
   * @param id {@code deviceGuid}, else {@code identifier}: the event's subject
   * @param os an open set: ANDROID, IOS, OSX, WINDOWS, UNKNOWN, ...
   * @param status an open set: ACTIVE, RETIRED, WIPED, ...
   */
  public record Device(
      Optional<String> id,
      Optional<String> os,
      Optional<String> status,
      Optional<Boolean> compliant) {

    static final Device NONE =
        new Device(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());
  }
}
