package io.ensrelay.simulator;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The nine event types of the service, each in its three spellings: the key of the metadata, the
 * tail of the topic and the {@code eventType} in the message. The order is that of the vendor's
 * metadata example.
 */
public enum EventKind {
  PROFILE_INVENTORY("device_profile_inventory_update", "device/profile_inventory"),
  CERT_INVENTORY("device_cert_inventory_update", "device/cert_inventory"),
  COMPLIANT("device_compliant", "device/compliant"),
  CHECK_IN("device_check_in", "device/check_in"),
  APP_INVENTORY("device_app_inventory_update", "device/app_inventory"),
  WIPED("device_wiped", "device/wiped"),
  NOT_COMPLIANT("device_not_compliant", "device/not_compliant"),
  ENROLLED("device_enrolled", "device/enrolled"),
  RETIRED("device_retired", "device/retired");

  private final String key;
  private final String topicTail;

  EventKind(String key, String topicTail) {
    this.key = key;
    this.topicTail = topicTail;
  }

  /** Returns the key in the metadata, such as {@code device_app_inventory_update}. */
  public String key() {
    return key;
  }

  /** Returns the topic without the tenant, such as {@code device/app_inventory}. */
  public String topicTail() {
    return topicTail;
  }

  /** Returns the type in the message, such as {@code device.app_inventory}. */
  public String eventType() {
    return topicTail.replace('/', '.');
  }

  /** Returns the topics of all nine types by key, as in the metadata of the profile. */
  static Map<String, String> topics(Profile profile, String tenant) {
    Map<String, String> topics = new LinkedHashMap<>();
    for (EventKind kind : values()) {
      topics.put(kind.key, profile.topic(tenant, kind.topicTail));
    }
    return topics;
  }
}
