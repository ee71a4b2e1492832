package io.ensrelay.event;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Finds the data for events in a message's bytes, and its position, so that everything else is
 * copied byte for byte: numbers keep their digits, unknown fields their position.
 *
 * <p>Limits: 100,000 devices, nesting of 1,000 levels, names of 1 MB, numbers of 100,000 digits,
 * strings of 256 MB. Threads: stateless.
 */
final class MessageParser {
  private static final int MAX_DEPTH = 1000;

  private static final int MAX_DEVICES = 100_000;

  /** Characters; a longer text stays in the event but does not become an attribute. */
  private static final int MAX_ATTRIBUTE = 1000;

  /** A decoder replaces bytes that are not UTF-8 with this. */
  private static final char REPLACEMENT = '\uFFFD';

  private final JsonFactory json =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(100_000)
                  .maxNameLength(1 << 20)
                  .maxStringLength(1 << 28)
                  .build())
          .build();

  /** A half-open range of bytes. */
  record Span(int from, int to) {
    int length() {
      return to - from;
    }
  }

  /** One element of {@code devices}: its range, the range of its subject's JSON text, its data. */
  record DeviceSpan(Span bytes, Optional<Span> subject, Event.Device device) {}

  /**
   * A message: the object, the {@code devices} member (name and value) if it is an array of one or
   * more, its elements, and the event's type and time.
   */
  record Message(
      Span object,
      Optional<Span> devicesMember,
      List<DeviceSpan> devices,
      Optional<String> eventType,
      Optional<Long> timestamp) {}

  /**
   * @param text the payload decoded as UTF-8, with U+FFFD for invalid bytes
   */
  Message parse(byte[] payload, String text) throws MalformedMessageException {
    requireUtf8(payload, text);
    try (JsonParser parser = json.createParser(payload)) {
      return message(parser);
    } catch (JsonProcessingException e) {
      String where =
          e.getLocation() == null ? "" : " at byte " + Math.max(0, e.getLocation().getByteOffset());
      throw new MalformedMessageException("not JSON" + where + ": " + kind(e));
    } catch (IOException e) {
      throw new MalformedMessageException("not JSON: " + e.getClass().getSimpleName());
    }
  }

  private static Message message(JsonParser parser) throws IOException, MalformedMessageException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new MalformedMessageException("not a JSON object");
    }
    int from = tokenStart(parser);
    Optional<Span> member = Optional.empty();
    List<DeviceSpan> devices = List.of();
    Optional<String> eventType = Optional.empty();
    Optional<Long> timestamp = Optional.empty();
    boolean devicesSeen = false;
    boolean deviceSeen = false;
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      int nameStart = tokenStart(parser);
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "devices" -> {
          if (devicesSeen) {
            throw new MalformedMessageException("the field devices stands twice");
          }
          devicesSeen = true;
          if (value == JsonToken.START_ARRAY) {
            devices = devices(parser);
            if (!devices.isEmpty()) {
              member = Optional.of(new Span(nameStart, end(parser)));
            }
          }
        }
        case "device" -> deviceSeen = true;
        case "eventType" -> eventType = text(parser);
        case "timestamp" -> timestamp = milliseconds(parser);
        default -> {}
      }
      parser.skipChildren();
    }
    int to = end(parser);
    if (parser.nextToken() != null) {
      throw new MalformedMessageException("more than one JSON value");
    }
    if (deviceSeen && member.isPresent()) {
      throw new MalformedMessageException("a field device beside the array devices");
    }
    return new Message(new Span(from, to), member, devices, eventType, timestamp);
  }

  private static List<DeviceSpan> devices(JsonParser parser)
      throws IOException, MalformedMessageException {
    List<DeviceSpan> devices = new ArrayList<>(1);
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      if (devices.size() == MAX_DEVICES) {
        throw new MalformedMessageException("more than " + MAX_DEVICES + " devices");
      }
      int from = tokenStart(parser);
      devices.add(
          parser.currentToken() == JsonToken.START_OBJECT
              ? device(parser, from)
              : notAnObject(parser, from));
    }
    return devices;
  }

  private static DeviceSpan notAnObject(JsonParser parser, int from) throws IOException {
    parser.skipChildren();
    return new DeviceSpan(new Span(from, end(parser)), Optional.empty(), Event.Device.NONE);
  }

  private static DeviceSpan device(JsonParser parser, int from) throws IOException {
    Optional<String> guid = Optional.empty();
    Optional<String> identifier = Optional.empty();
    Optional<Span> guidSpan = Optional.empty();
    Optional<Span> identifierSpan = Optional.empty();
    Optional<String> os = Optional.empty();
    Optional<String> status = Optional.empty();
    Optional<Boolean> compliant = Optional.empty();
    while (parser.nextToken() == JsonToken.FIELD_NAME) {
      String name = parser.currentName();
      JsonToken value = parser.nextToken();
      switch (name) {
        case "deviceGuid" -> {
          guid = text(parser);
          guidSpan = guid.isPresent() ? Optional.of(scalar(parser)) : Optional.empty();
        }
        case "identifier" -> {
          identifier = text(parser);
          identifierSpan = identifier.isPresent() ? Optional.of(scalar(parser)) : Optional.empty();
        }
        case "os" -> os = text(parser);
        case "status" -> status = text(parser);
        case "compliant" ->
            compliant =
                value.isBoolean() ? Optional.of(value == JsonToken.VALUE_TRUE) : Optional.empty();
        default -> {}
      }
      parser.skipChildren();
    }
    return new DeviceSpan(
        new Span(from, end(parser)),
        guidSpan.isPresent() ? guidSpan : identifierSpan,
        new Event.Device(guid.isPresent() ? guid : identifier, os, status, compliant));
  }

  /** The current value if it is a text that is neither empty nor too long. */
  private static Optional<String> text(JsonParser parser) throws IOException {
    if (parser.currentToken() != JsonToken.VALUE_STRING) {
      return Optional.empty();
    }
    int length = parser.getTextLength();
    return length == 0 || length > MAX_ATTRIBUTE ? Optional.empty() : Optional.of(parser.getText());
  }

  private static Optional<Long> milliseconds(JsonParser parser) throws IOException {
    boolean whole =
        parser.currentToken() == JsonToken.VALUE_NUMBER_INT
            && parser.getNumberType() != JsonParser.NumberType.BIG_INTEGER;
    return whole ? Optional.of(parser.getLongValue()) : Optional.empty();
  }

  private static Span scalar(JsonParser parser) throws IOException {
    return new Span(tokenStart(parser), end(parser));
  }

  private static int tokenStart(JsonParser parser) {
    return (int) parser.currentTokenLocation().getByteOffset();
  }

  private static int end(JsonParser parser) throws IOException {
    parser.finishToken();
    return (int) parser.currentLocation().getByteOffset();
  }

  /** Rejects all but UTF-8: the parser would take NULs among the first bytes for UTF-16. */
  private static void requireUtf8(byte[] payload, String text) throws MalformedMessageException {
    if (payload.length == 0) {
      throw new MalformedMessageException("an empty message");
    }
    for (int i = 0; i < Math.min(4, payload.length); i++) {
      if (payload[i] == 0) {
        throw new MalformedMessageException("not JSON: a NUL at byte " + i);
      }
    }
    if (text.indexOf(REPLACEMENT) < 0) {
      return;
    }
    // the message may contain U+FFFD itself
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(payload));
    } catch (CharacterCodingException e) {
      throw new MalformedMessageException("not UTF-8");
    }
  }

  /** The problem, without the parser's quotation of the message. */
  private static String kind(JsonProcessingException e) {
    String text = e.getOriginalMessage();
    if (text.contains("nesting depth")) {
      return "nested deeper than " + MAX_DEPTH + " levels";
    }
    if (text.contains("end-of-input")) {
      return "it ends too early";
    }
    if (text.contains("exceeds the maximum")) {
      return "a name, number or text that is too long";
    }
    return "a character that does not belong there";
  }
}
