package io.ensrelay.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;

/**
 * The state of a device in 64 bits, to tell whether two descriptions of it differ: the same fields
 * and values, in any order, give the same digest. A field that is null counts as left out.
 *
 * @param id {@code deviceGuid}, else {@code identifier}, as in {@link Event.Device}
 * @param isGuid which of the two it is
 * @param status empty: the description has none
 * @param value never {@link #UNKNOWN}
 */
public record DeviceDigest(
    Optional<String> id, boolean isGuid, Optional<String> status, long value) {

  /** The digest of a device whose state is not known. */
  public static final long UNKNOWN = 0;

  /** Most characters of a text, as in the attributes of an event. */
  private static final int LONGEST_TEXT = 1000;

  private static final JsonFactory JSON = new JsonFactory();

  /**
   * Reads one device.
   *
   * @param parser at its {@code START_OBJECT}; afterwards at its {@code END_OBJECT}
   * @param ignored fields that do not count
   */
  public static DeviceDigest of(JsonParser parser, Set<String> ignored) throws IOException {
    Optional<String> guid = Optional.empty();
    Optional<String> identifier = Optional.empty();
    Optional<String> status = Optional.empty();
    long sum = 0;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      switch (name) {
        case "deviceGuid" -> guid = text(parser);
        case "identifier" -> identifier = text(parser);
        case "status" -> status = text(parser);
        default -> {}
      }
      long field = field(name, parser);
      sum += ignored.contains(name) ? 0 : field;
    }
    long value = Hash64.mix(sum);
    return new DeviceDigest(
        guid.isPresent() ? guid : identifier,
        guid.isPresent(),
        status,
        value == UNKNOWN ? 1 : value);
  }

  /** Reads the device of a stored event; empty: the event has no device. */
  public static Optional<DeviceDigest> ofEvent(byte[] event, Set<String> ignored)
      throws IOException {
    try (JsonParser parser = JSON.createParser(event)) {
      return goToDevice(parser) && parser.nextToken() == JsonToken.START_OBJECT
          ? Optional.of(of(parser, ignored))
          : Optional.empty();
    }
  }

  /** Moves the parser of an event to the place before its device; false: it has none. */
  public static boolean goToDevice(JsonParser parser) throws IOException {
    return goInto(parser, "data") && goInto(parser, "device");
  }

  /**
   * Enters the object that comes next, up to the value of a member; false: it has no such member.
   */
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

  private static Optional<String> text(JsonParser parser) throws IOException {
    return parser.currentToken() == JsonToken.VALUE_STRING
            && parser.getTextLength() > 0
            && parser.getTextLength() <= LONGEST_TEXT
        ? Optional.of(parser.getText())
        : Optional.empty();
  }

  private static long field(String name, JsonParser parser) throws IOException {
    if (parser.currentToken() == JsonToken.VALUE_NULL) {
      return 0;
    }
    return Hash64.mix(Hash64.of(Hash64.SEED, name) * 31 + value(parser));
  }

  private static long value(JsonParser parser) throws IOException {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      // "1" and 1 differ
      case VALUE_STRING -> Hash64.mix(Hash64.of(Hash64.SEED, parser.getText()) + 3);
      default -> Hash64.mix(Hash64.of(Hash64.SEED, parser.getText()) + 4);
    };
  }

  private static long object(JsonParser parser) throws IOException {
    long sum = 1;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      parser.nextToken();
      sum += field(name, parser);
    }
    return Hash64.mix(sum);
  }

  private static long array(JsonParser parser) throws IOException {
    long all = 2;
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      all = Hash64.mix(all * 31 + value(parser));
    }
    return all;
  }
}
