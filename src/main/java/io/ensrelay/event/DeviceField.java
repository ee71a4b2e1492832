package io.ensrelay.event;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A field of the service's device that the table of devices may keep, beside id, platform, status
 * and compliance. Some identify a person: the user chooses the kept ones.
 */
public enum DeviceField {
  QUARANTINED("quarantined", Kind.FLAG),
  BLOCKED("blocked", Kind.FLAG),
  COMPROMISED("compromised", Kind.FLAG),
  OS_VERSION("osVersion", Kind.TEXT),
  MANUFACTURER("manufacturer", Kind.TEXT),
  MODEL("model", Kind.TEXT),
  SERIAL_NUMBER("serialNumber", Kind.TEXT),
  MAC_ADDRESS("macAddress", Kind.TEXT),
  IDENTIFIER("identifier", Kind.TEXT),
  IOS_UDID("iosUdid", Kind.TEXT),
  USER_ID("userId", Kind.TEXT),
  USER_UUID("userUuid", Kind.TEXT),
  LAST_CHECK_IN_TIME("lastCheckInTime", Kind.TIME),
  REGISTRATION_TIME("registrationTime", Kind.TIME);

  /** Type of a value: String, Boolean, or Long (epoch milliseconds). */
  public enum Kind {
    TEXT,
    FLAG,
    TIME
  }

  private static final String NONE = "none";
  private static final Map<String, DeviceField> BY_NAME =
      Arrays.stream(values()).collect(Collectors.toMap(DeviceField::fieldName, field -> field));

  private final String fieldName;
  private final Kind kind;

  DeviceField(String fieldName, Kind kind) {
    this.fieldName = fieldName;
    this.kind = kind;
  }

  /** The service's name of the field. */
  public String fieldName() {
    return fieldName;
  }

  public Kind kind() {
    return kind;
  }

  /** The field with this name; empty: there is none. */
  public static Optional<DeviceField> of(String name) {
    return Optional.ofNullable(BY_NAME.get(name));
  }

  /**
   * @param text names separated by commas, or {@code none}
   * @throws IllegalArgumentException if a name is unknown; the message is that name
   */
  public static Set<DeviceField> set(String text) {
    Set<DeviceField> fields = EnumSet.noneOf(DeviceField.class);
    if (text.strip().equals(NONE)) {
      return fields;
    }
    for (String name : text.split(",", -1)) {
      fields.add(of(name.strip()).orElseThrow(() -> new IllegalArgumentException(name.strip())));
    }
    return fields;
  }

  /** All names, for messages. */
  public static String names() {
    return Arrays.stream(values()).map(DeviceField::fieldName).collect(Collectors.joining(", "));
  }
}
