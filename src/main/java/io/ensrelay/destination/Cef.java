package io.ensrelay.destination;

import com.fasterxml.jackson.databind.JsonNode;
import io.ensrelay.base.Version;
import io.ensrelay.event.Event;
import java.util.Map;
import java.util.Optional;

/**
 * Writes an event in ArcSight's Common Event Format: one line, {@code CEF:0|Ivanti|ENS|...}, with
 * the facts of the device as an extension. Data of a device can neither end the line nor begin
 * another field. Threads: stateless.
 */
public final class Cef {
  private static final String VERSION = Version.packaged().orElse("0");

  private Cef() {}

  /**
   * The line of an event, without a line end.
   *
   * @param event the CloudEvent
   * @param attributes of the event
   */
  public static String of(JsonNode event, Map<String, Object> attributes) {
    JsonNode device = event.path("data").path("device");
    String type = text(attributes.get("eventType")).orElseGet(() -> event.path("type").asText());
    StringBuilder line = new StringBuilder("CEF:0|Ivanti|ENS|");
    line.append(inHeader(VERSION)).append('|');
    line.append(inHeader(type)).append('|');
    line.append(inHeader(name(type))).append('|');
    line.append(severity(type)).append('|');
    Extension fields = new Extension(line);
    fields.add("rt", text(attributes.get("eventTime")));
    fields.add("externalId", text(attributes.get("eventId")));
    fields.add("deviceExternalId", text(attributes.get("deviceId")));
    fields.add("dvcmac", text(device.path("macAddress")));
    fields.add("duser", text(device.path("userId")));
    fields.add("cs1", "os", text(attributes.get("deviceOs")));
    fields.add("cs2", "serialNumber", text(device.path("serialNumber")));
    fields.add("cs3", "status", text(attributes.get("deviceStatus")));
    fields.add("cs4", "compliant", text(attributes.get("deviceCompliant")));
    fields.add("cs5", "tenant", text(attributes.get("tenant")));
    fields.add("cs6", "model", text(device.path("model")));
    return line.toString();
  }

  private static Optional<String> text(Object value) {
    if (value instanceof JsonNode node) {
      return Optional.of(node.asText()).filter(text -> !text.isEmpty());
    }
    return Optional.ofNullable(value).map(Object::toString);
  }

  /** {@code device.not_compliant} is "Device not compliant". */
  private static String name(String type) {
    String words = type.replace('.', ' ').replace('_', ' ').strip();
    return words.isEmpty() ? words : Character.toUpperCase(words.charAt(0)) + words.substring(1);
  }

  /** From 0 to 10. */
  private static int severity(String type) {
    return switch (type) {
      case "device.not_compliant", Event.GAP -> 5;
      case "device.wiped", "device.retired" -> 4;
      default -> 3;
    };
  }

  private static String inHeader(String text) {
    return printable(text.replace('\n', ' ').replace('\r', ' '))
        .replace("\\", "\\\\")
        .replace("|", "\\|");
  }

  private static String inExtension(String text) {
    return printable(
        text.replace("\\", "\\\\").replace("=", "\\=").replace("\r", "\\r").replace("\n", "\\n"));
  }

  private static String printable(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]", " ");
  }

  private record Extension(StringBuilder line) {
    void add(String key, Optional<String> value) {
      value.ifPresent(
          text -> {
            line.append(line.charAt(line.length() - 1) == '|' ? "" : " ");
            line.append(key).append('=').append(inExtension(text));
          });
    }

    void add(String key, String label, Optional<String> value) {
      if (value.isPresent()) {
        add(key + "Label", Optional.of(label));
        add(key, value);
      }
    }
  }
}
