package io.ensrelay.spool;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ensrelay.event.DeviceField;
import io.ensrelay.event.Event;
import io.ensrelay.spool.log.StoredEvent;
import java.io.IOException;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What an event says about its device, cut to what the table keeps.
 *
 * @param os empty: the event does not say it; the same holds for all that is optional
 * @param fields the kept fields that the event has
 */
record DeviceState(
    String tenant,
    String id,
    Optional<String> os,
    Optional<String> status,
    Optional<Boolean> compliant,
    Map<DeviceField, Object> fields,
    String eventType,
    long eventTime,
    long received) {

  /** Characters; a longer id is not kept. */
  private static final int LONGEST_ID = 300;

  /** Characters; the rest of a longer text is cut off. */
  private static final int LONGEST_TEXT = 256;

  private static final long END_OF_TIME = 253402300800000L;
  private static final JsonFactory JSON = new JsonFactory();

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
              text(attributes.get("deviceStatus")),
              Optional.ofNullable((Boolean) attributes.get("deviceCompliant")),
              fields(event.body(), kept),
              cut(type),
              time,
              event.received()));
    }
    return Optional.empty();
  }

  private static Optional<String> text(Object value) {
    return value instanceof String text ? Optional.of(cut(text)) : Optional.empty();
  }

  /** The kept fields of {@code data.device}; those before the place where the JSON is broken. */
  private static Map<DeviceField, Object> fields(byte[] json, Set<DeviceField> kept) {
    Map<DeviceField, Object> fields = new EnumMap<>(DeviceField.class);
    try (JsonParser parser = JSON.createParser(json)) {
      if (!kept.isEmpty()
          && goInto(parser, "data")
          && goInto(parser, "device")
          && parser.nextToken() == JsonToken.START_OBJECT) {
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
          Optional<DeviceField> field = DeviceField.of(parser.currentName()).filter(kept::contains);
          parser.nextToken();
          if (field.isPresent()) {
            value(parser, field.get().kind()).ifPresent(value -> fields.put(field.get(), value));
          }
          parser.skipChildren();
        }
      }
    } catch (IOException e) {
      // stored events are whole JSON; what was read so far is true
    }
    return fields;
  }

  /** Moves before the value of a member of the object that comes next; false: it has none. */
  private static boolean goInto(JsonParser parser, String name) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      return false;
    }
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      if (parser.currentName().equals(name)) {
        return true;
      }
      parser.nextToken();
      parser.skipChildren();
    }
    return false;
  }

  private static Optional<Object> value(JsonParser parser, DeviceField.Kind kind)
      throws IOException {
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

  private static String cut(String text) {
    if (text.length() <= LONGEST_TEXT) {
      return text;
    }
    boolean splits = Character.isHighSurrogate(text.charAt(LONGEST_TEXT - 1));
    return text.substring(0, splits ? LONGEST_TEXT - 1 : LONGEST_TEXT);
  }

  /** The device in memory. */
  long key() {
    return DeviceTimes.key(tenant, id);
  }

  /**
   * What is known after another event of the device, stored later: a field that an event does not
   * have keeps its value, and an event with an earlier time changes nothing.
   */
  DeviceState then(DeviceState next) {
    if (next.eventTime < eventTime) {
      return this;
    }
    Map<DeviceField, Object> all = new EnumMap<>(DeviceField.class);
    all.putAll(fields);
    all.putAll(next.fields);
    return new DeviceState(
        tenant,
        id,
        next.os.isPresent() ? next.os : os,
        next.status.isPresent() ? next.status : status,
        next.compliant.isPresent() ? next.compliant : compliant,
        all,
        next.eventType,
        next.eventTime,
        next.received);
  }
}
