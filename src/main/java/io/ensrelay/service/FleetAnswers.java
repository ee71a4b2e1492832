package io.ensrelay.service;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.ensrelay.event.DeviceDigest;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** Parses answers about a fleet. Threads: stateless. */
final class FleetAnswers {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(JsonFactory.Feature.INTERN_FIELD_NAMES).build();

  private final byte[] json;
  private final Set<String> ignored;
  private final List<FleetDevice> devices = new ArrayList<>();

  private FleetAnswers(byte[] json, Set<String> ignored) {
    this.json = json;
    this.ignored = ignored;
  }

  /**
   * Reads {@code {"searchResults":[Device],...}} or an array of devices. Elements that are not
   * objects are left out.
   *
   * @param ignored fields that do not count in the digests
   * @throws IOException if the answer is neither
   */
  static FleetPage page(byte[] answer, Instant asked, Set<String> ignored) throws IOException {
    return new FleetAnswers(utf8(answer), ignored).page(asked);
  }

  /** Replaces bytes that are not UTF-8. */
  private static byte[] utf8(byte[] answer) {
    return new String(answer, StandardCharsets.UTF_8)
        .replace("\uFEFF", "")
        .getBytes(StandardCharsets.UTF_8);
  }

  private FleetPage page(Instant asked) throws IOException {
    OptionalInt limit = OptionalInt.empty();
    try (JsonParser parser = JSON.createParser(json)) {
      JsonToken first = parser.nextToken();
      if (first == JsonToken.START_OBJECT) {
        limit = object(parser);
      } else if (first == JsonToken.START_ARRAY) {
        array(parser);
      } else {
        throw new JsonParseException(parser, "the answer has no JSON array of devices");
      }
      if (parser.nextToken() != null) {
        throw new JsonParseException(parser, "the answer is more than one JSON value");
      }
    }
    return new FleetPage(asked, devices, limit);
  }

  private OptionalInt object(JsonParser parser) throws IOException {
    OptionalInt limit = OptionalInt.empty();
    boolean isThere = false;
    boolean isNone = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      if (name.equals("searchResults") && value == JsonToken.START_ARRAY && !isThere) {
        isThere = true;
        array(parser);
      } else if (name.equals("limit") && number(parser).isPresent()) {
        limit = OptionalInt.of((int) Math.min(Integer.MAX_VALUE, number(parser).getAsLong()));
      } else if (name.equals("results") && number(parser).isPresent()) {
        isNone = number(parser).getAsLong() == 0;
      }
      parser.skipChildren();
    }
    if (!isThere && !isNone) {
      throw new JsonParseException(parser, "the answer has no array searchResults");
    }
    return limit;
  }

  private void array(JsonParser parser) throws IOException {
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (parser.currentToken() == null) {
        throw new JsonParseException(parser, "the answer ends within its devices");
      }
      if (parser.currentToken() == JsonToken.START_OBJECT) {
        int from = (int) parser.currentTokenLocation().getByteOffset();
        DeviceDigest digest = DeviceDigest.of(parser, ignored);
        int to = (int) parser.currentLocation().getByteOffset();
        devices.add(new FleetDevice(digest, java.util.Arrays.copyOfRange(json, from, to)));
      } else {
        parser.skipChildren();
      }
    }
  }

  /**
   * Reads a bare number, or the first number in an object, also a number in quotes. Empty: the
   * answer has none.
   */
  static OptionalLong count(byte[] answer) {
    try (JsonParser parser = JSON.createParser(utf8(answer))) {
      JsonToken token = parser.nextToken();
      if (token != JsonToken.START_OBJECT) {
        return token == null ? OptionalLong.empty() : number(parser);
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        parser.nextToken();
        OptionalLong number = number(parser);
        if (number.isPresent()) {
          return number;
        }
        parser.skipChildren();
      }
    } catch (IOException e) {
      // an answer that is not JSON has no number
    }
    return OptionalLong.empty();
  }

  private static OptionalLong number(JsonParser parser) throws IOException {
    boolean isWhole =
        parser.currentToken() == JsonToken.VALUE_NUMBER_INT
            || parser.currentToken() == JsonToken.VALUE_STRING;
    return isWhole && parser.getText().matches("\\d{1,12}")
        ? OptionalLong.of(Long.parseLong(parser.getText()))
        : OptionalLong.empty();
  }
}
