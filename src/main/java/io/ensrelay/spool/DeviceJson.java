package io.ensrelay.spool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ensrelay.event.DeviceDigest;
import io.ensrelay.event.DeviceField;
import io.ensrelay.event.DeviceField.Kind;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A device in the service's JSON, read up to the place where the JSON is broken. Long texts are
 * cut.
 */
final class DeviceJson {
  /** Characters; the rest of a longer text is cut off. */
  private static final int LONGEST_TEXT = 256;

  private static final long END_OF_TIME = 253402300800000L;
  private static final JsonFactory JSON = new JsonFactory();

  /** Fields that are always kept. */
  private static final Map<String, Kind> STATE =
      Map.of("os", Kind.TEXT, "status", Kind.TEXT, "compliant", Kind.FLAG);

  private final Set<DeviceField> kept;
  private final Map<String, Object> state = new HashMap<>();
  private final Map<DeviceField, Object> fields = new EnumMap<>(DeviceField.class);

  private DeviceJson(Set<DeviceField> kept) {
    this.kept = kept;
  }

  /** Reads a device. */
  static DeviceJson of(byte[] json, Set<DeviceField> kept) {
    DeviceJson device = new DeviceJson(kept);
    try (JsonParser parser = JSON.createParser(json)) {
      device.read(parser);
    } catch (IOException e) {
      // the fields read so far are valid
    }
    return device;
  }

  /** Reads {@code data.device} of an event. */
  static DeviceJson ofEvent(byte[] json, Set<DeviceField> kept) {
    DeviceJson device = new DeviceJson(kept);
    if (kept.isEmpty()) {
      return device;
    }
    try (JsonParser parser = JSON.createParser(json)) {
      if (DeviceDigest.goToDevice(parser)) {
        device.read(parser);
      }
    } catch (IOException e) {
      // stored events are whole JSON; the fields read so far are valid
    }
    return device;
  }

  Optional<String> os() {
    return Optional.ofNullable((String) state.get("os"));
  }

  Optional<String> status() {
    return Optional.ofNullable((String) state.get("status"));
  }

  Optional<Boolean> compliant() {
    return Optional.ofNullable((Boolean) state.get("compliant"));
  }

  /** The kept fields that it has. */
  Map<DeviceField, Object> fields() {
    return fields;
  }

  private void read(JsonParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      Optional<DeviceField> field = DeviceField.of(name).filter(kept::contains);
      if (field.isPresent()) {
        value(parser, field.get().kind()).ifPresent(value -> fields.put(field.get(), value));
      } else if (STATE.containsKey(name)) {
        value(parser, STATE.get(name)).ifPresent(value -> state.put(name, value));
      }
      parser.skipChildren();
    }
  }

  private static Optional<Object> value(JsonParser parser, Kind kind) throws IOException {
    JsonToken token = parser.currentToken();
    return switch (kind) {
      case TEXT ->
          token == JsonToken.VALUE_STRING && parser.getTextLength() > 0
              ? Optional.of(cut(parser.getText()))
              : Optional.empty();
      case FLAG ->
          token.isBoolean() ? Optional.of(token == JsonToken.VALUE_TRUE) : Optional.empty();
      case TIME ->
          token == JsonToken.VALUE_NUMBER_INT
                  && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER
                  && parser.getLongValue() >= 0
                  && parser.getLongValue() < END_OF_TIME
              ? Optional.of(parser.getLongValue())
              : Optional.empty();
    };
  }

  static String cut(String text) {
    if (text.length() <= LONGEST_TEXT) {
      return text;
    }
    boolean splits = Character.isHighSurrogate(text.charAt(LONGEST_TEXT - 1));
    return text.substring(0, splits ? LONGEST_TEXT - 1 : LONGEST_TEXT);
  }
}
